package io.hyperlight.testing;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loads the library a second time, with code in it that asks {@link HeapErrors}. It asks before
 * each instruction that allocates an object, and before each call of the JDK that may allocate one.
 */
public final class HeapErrorLoader extends RewritingLoader {
  private static final ClassDesc ERRORS = ClassDesc.of(HeapErrors.class.getName());
  private static final MethodTypeDesc SITE =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);

  private static final AtomicInteger SITES = new AtomicInteger();

  /** Classes of the JDK whose methods allocate no objects, as far as the library uses them. */
  private static final Set<String> FREE_CLASSES =
      Set.of(
          "java/lang/AutoCloseable",
          "java/lang/Math",
          "java/lang/Object",
          "java/lang/Runnable",
          "java/lang/invoke/VarHandle",
          "java/lang/ref/Reference",
          "java/util/concurrent/atomic/AtomicInteger",
          "java/util/concurrent/locks/LockSupport",
          "java/util/concurrent/locks/ReentrantLock"); // without room, lock() waits by itself

  /** Methods of other classes that make none. */
  private static final Set<String> FREE =
      Set.of(
          "java/lang/Enum.ordinal",
          "java/lang/System.arraycopy",
          "java/lang/System.nanoTime",
          "java/lang/foreign/Arena.close",
          "java/nio/channels/SeekableByteChannel.close",
          "java/util/ArrayDeque.isEmpty",
          "java/util/ArrayList.clear",
          "java/util/ArrayList.get",
          "java/util/ArrayList.isEmpty",
          "java/util/ArrayList.size",
          "java/util/List.clear",
          "java/util/List.forEach",
          "java/util/List.get",
          "java/util/List.getFirst",
          "java/util/List.getLast",
          "java/util/List.isEmpty",
          "java/util/List.removeLast",
          "java/util/List.size",
          "java/util/Map.isEmpty",
          "java/util/Objects.checkFromIndexSize",
          "java/util/Objects.checkIndex",
          "java/util/Objects.requireNonNull",
          "java/util/Queue.isEmpty");

  private static final Set<String> FREE_OF_THREADS =
      Set.of(
          "currentThread",
          "interrupt",
          "interrupted",
          "isAlive",
          "isInterrupted",
          "isVirtual",
          "join",
          "onSpinWait",
          "threadId");

  /** Methods of memory segments that make another segment or an array. */
  private static final Set<String> SEGMENTS_THAT_MAKE =
      Set.of("asSlice", "ofAddress", "ofArray", "reinterpret", "toArray");

  /** Native calls whose handles allocate nothing, because they do not capture the error number. */
  private static final Set<String> PLAIN_CALLS =
      Set.of(
          "io/hyperlight/internal/os/Release.closeOnly",
          "io/hyperlight/internal/os/Release.unmapOnly",
          "io/hyperlight/internal/os/HostIoctl.runIoctl",
          "io/hyperlight/internal/os/HostIoctl.runSecond",
          "io/hyperlight/internal/os/HostThreads.current",
          "io/hyperlight/internal/os/HostThreads.send",
          "io/hyperlight/internal/os/HostThreads.take");

  private static final String PLAIN_IOCTL = "(IJJ)I";

  /** Methods that add to lists that were made with enough room. */
  private static final Set<String> WITH_ROOM =
      Set.of(
          "io/hyperlight/internal/vfs/FileSystem.<init>",
          "io/hyperlight/internal/linux/fd/ProcessFiles.freeze");

  static {
    registerAsParallelCapable();
  }

  /** With this loader's classes for all but the library. */
  public HeapErrorLoader() {}

  /** Does not rewrite the classes of the tests. */
  @Override
  boolean isRewritten(String name) {
    return place(name).equals(place("io.hyperlight.Sandbox"));
  }

  private static String place(String name) {
    String file = name.replace('.', '/') + ".class";
    String found = String.valueOf(HeapErrorLoader.class.getResource("/" + file));
    return found.substring(0, Math.max(0, found.length() - file.length()));
  }

  @Override
  CodeTransform transform(String type, MethodModel method) {
    String name = type + "." + method.methodName().stringValue();
    boolean plain =
        PLAIN_CALLS.contains(name) || method.methodType().stringValue().equals(PLAIN_IOCTL);
    boolean withRoom = WITH_ROOM.contains(name);
    return (code, element) -> {
      if (makesObject(element, plain) && !(withRoom && isAddition(element))) {
        ask(code);
      }
      code.with(element);
    };
  }

  private static boolean isAddition(CodeElement element) {
    return element instanceof InvokeInstruction call
        && call.owner().asInternalName().equals("java/util/List")
        && call.name().stringValue().equals("add");
  }

  private static void ask(CodeBuilder code) {
    code.loadConstant(SITES.incrementAndGet()).invokestatic(ERRORS, "allocation", SITE);
  }

  private static boolean makesObject(CodeElement element, boolean plain) {
    return switch (element) {
      case NewObjectInstruction _,
          NewPrimitiveArrayInstruction _,
          NewReferenceArrayInstruction _,
          NewMultiArrayInstruction _ ->
          true;
      // Without arguments, a lambda is always the same.
      case InvokeDynamicInstruction dynamic -> !dynamic.typeSymbol().parameterList().isEmpty();
      case InvokeInstruction call -> makesObject(call, plain);
      default -> false;
    };
  }

  private static boolean makesObject(InvokeInstruction call, boolean plain) {
    String owner = call.owner().asInternalName();
    String name = call.name().stringValue();
    return switch (owner) {
      case "java/lang/invoke/MethodHandle" -> !plain;
      case "java/lang/Thread" -> !FREE_OF_THREADS.contains(name);
      case "java/lang/foreign/MemorySegment" -> SEGMENTS_THAT_MAKE.contains(name);
      case "java/lang/Integer", "java/lang/Long" -> name.equals("valueOf") || name.startsWith("to");
      case "java/lang/String" ->
          !Set.of("length", "charAt", "equals", "isEmpty", "hashCode").contains(name);
      default ->
          !owner.startsWith("io/hyperlight/")
              && !owner.startsWith("[")
              && !owner.startsWith("java/util/concurrent/atomic/")
              && !owner.startsWith("java/util/function/")
              && !name.equals("<init>") // the object is there already
              && !FREE_CLASSES.contains(owner)
              && !FREE.contains(owner + "." + name);
    };
  }
}

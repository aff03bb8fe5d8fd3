package io.hyperlight.testing;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.Map;

/**
 * Loads the library a second time, with code in it that tells {@link MemoryWatch} of each access of
 * the host to guest memory. All of them pass through {@code PhysicalMemory}.
 *
 * <p>The tools for tests are loaded again, too, so that those which use the library use this one.
 */
public final class WatchingLoader extends RewritingLoader {
  private static final String MACHINE = "io/hyperlight/internal/machine/";
  private static final String MEMORY = MACHINE + "memory/PhysicalMemory";
  private static final ClassDesc TASK = ClassDesc.of("io.hyperlight.internal.linux.task.Task");
  private static final ClassDesc CONTEXT = ClassDesc.ofInternalName(MACHINE + "Context");
  private static final ClassDesc WATCH = ClassDesc.of(MemoryWatch.class.getName());
  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");

  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc RANGE =
      MethodTypeDesc.of(
          ConstantDescs.CD_void, SEGMENT, ConstantDescs.CD_long, ConstantDescs.CD_int);
  private static final MethodTypeDesc WORD =
      MethodTypeDesc.of(ConstantDescs.CD_void, SEGMENT, ConstantDescs.CD_long);

  /** Where the host lets the guest run, and where nothing of an earlier call matters. */
  private static final Map<String, String> ENDS =
      Map.of(
          MACHINE + "Context.run", "endOfUnit",
          MACHINE + "Call.begin", "endOfUnit",
          MACHINE + "Call.end", "endOfUnit");

  static {
    registerAsParallelCapable();
  }

  /** With this loader's classes for the watch. */
  public WatchingLoader() {}

  @Override
  boolean isShared(String name) {
    return name.startsWith(MemoryWatch.class.getName());
  }

  @Override
  boolean isRewritten(String name) {
    return name.startsWith("io.hyperlight.internal.machine.")
        || name.startsWith("io.hyperlight.internal.linux.CallHandlers")
        || name.equals("io.hyperlight.internal.linux.base.GuestMemory");
  }

  @Override
  CodeTransform transform(String type, MethodModel method) {
    String name = type + "." + method.methodName().stringValue();
    String descriptor = method.methodType().stringValue();
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder code) {
        String end = ENDS.get(name);
        if (end != null) {
          code.invokestatic(WATCH, end, NOTHING);
        } else if (name.equals("io/hyperlight/internal/linux/CallHandlers.call")
            && descriptor.endsWith("J)J")) {
          systemCall(code);
        } else if (name.endsWith("/GuestMemory.readPrefix")) {
          code.lload(1)
              .invokestatic(
                  WATCH, "text", MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_long));
        } else if (name.equals(MACHINE + "memory/MemoryRegions.slice")) {
          code.invokestatic(WATCH, "putBack", NOTHING);
        } else if (type.equals(MEMORY)) {
          before(code, method.methodName().stringValue());
        }
      }

      @Override
      public void accept(CodeBuilder code, CodeElement element) {
        if (element instanceof ReturnInstruction && type.equals(MEMORY)) {
          after(code, method.methodName().stringValue());
        }
        code.with(element);
      }
    };
  }

  /** Reports the number of a call, which is the second argument, and the arguments of the task. */
  private static void systemCall(CodeBuilder code) {
    code.lload(2);
    for (int i = 0; i < 6; i++) {
      code.aload(1)
          .invokevirtual(TASK, "context", MethodTypeDesc.of(CONTEXT))
          .loadConstant(i)
          .invokevirtual(
              CONTEXT, "argument", MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_int));
    }
    ClassDesc[] longs = new ClassDesc[7];
    Arrays.fill(longs, ConstantDescs.CD_long);
    code.invokestatic(WATCH, "systemCall", MethodTypeDesc.of(ConstantDescs.CD_void, longs));
  }

  private static void before(CodeBuilder code, String method) {
    switch (method) {
      case "get" -> range(code, "reads");
      case "put" -> range(code, "written");
      case "putLong", "setLong" -> range(code, Long.BYTES, "written");
      case "setInt" -> range(code, Integer.BYTES, "written");
      case "close" -> code.invokestatic(WATCH, "putBack", NOTHING);
      case "compareAndSetInt" -> segment(code).lload(1).invokestatic(WATCH, "replaces", WORD);
      default -> {}
    }
  }

  private static void after(CodeBuilder code, String method) {
    switch (method) {
      case "get" -> range(code, "read");
      case "getLong" -> range(code, Long.BYTES, "read");
      case "getInt" -> segment(code).lload(1).invokestatic(WATCH, "word", WORD);
      case "compareAndSetInt" ->
          segment(code.dup())
              .lload(1)
              .invokestatic(
                  WATCH,
                  "replaced",
                  MethodTypeDesc.of(
                      ConstantDescs.CD_void,
                      ConstantDescs.CD_boolean,
                      SEGMENT,
                      ConstantDescs.CD_long));
      default -> {}
    }
  }

  private static CodeBuilder segment(CodeBuilder code) {
    return code.aload(0).getfield(ClassDesc.ofInternalName(MEMORY), "first", SEGMENT);
  }

  /** Reports an access of as many bytes as the last argument says. */
  private static void range(CodeBuilder code, String what) {
    segment(code).lload(1).iload(5).invokestatic(WATCH, what, RANGE);
  }

  private static void range(CodeBuilder code, int length, String what) {
    segment(code).lload(1).loadConstant(length).invokestatic(WATCH, what, RANGE);
  }
}

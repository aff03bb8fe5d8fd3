package io.hyperlight.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Loads the library a second time, with code in it that counts {@link Steps}. What the library says
 * about its own checkpoints is not believed: a loop counts whether or not it has one.
 */
public final class CountingLoader extends ClassLoader {
  private static final ClassDesc STEPS = ClassDesc.of(Steps.class.getName());
  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc NUMBER =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_long);

  /** Where work for a guest is done. */
  private static final List<String> COUNTED =
      List.of(
          "io.hyperlight.linux.",
          "io.hyperlight.files.",
          "io.hyperlight.guest.",
          "io.hyperlight.vm.",
          "io.hyperlight.kvm.",
          "io.hyperlight.pool.",
          "io.hyperlight.os.");

  private static final Set<String> CHECKPOINTS = Set.of("pass", "run", "goOutside");

  static {
    registerAsParallelCapable();
  }

  /** With this loader's classes for all but the library. */
  public CountingLoader() {
    super(CountingLoader.class.getClassLoader());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith("io.hyperlight.") || name.startsWith("io.hyperlight.testing.")) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      byte[] bytes = read(name);
      if (COUNTED.stream().anyMatch(name::startsWith)) {
        bytes = counting(bytes);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  private static byte[] read(String name) throws ClassNotFoundException {
    String file = "/" + name.replace('.', '/') + ".class";
    try (InputStream in = CountingLoader.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same class, which counts. */
  static byte[] counting(byte[] original) {
    ClassFile format =
        ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(CountingLoader.class.getClassLoader())));
    return format.transformClass(
        format.parse(original),
        (builder, element) -> {
          if (element instanceof MethodModel method) {
            String type = method.parent().orElseThrow().thisClass().asInternalName();
            builder.transformMethod(
                method,
                (methodBuilder, methodElement) -> {
                  if (methodElement instanceof CodeModel code) {
                    methodBuilder.transformCode(code, transform(type, method));
                  } else {
                    methodBuilder.with(methodElement);
                  }
                });
          } else {
            builder.with(element);
          }
        });
  }

  private static CodeTransform transform(String type, MethodModel method) {
    Set<Label> passed = new HashSet<>();
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder code) {
        String name = method.methodName().stringValue();
        if (type.equals("io/hyperlight/vm/RunControl") && CHECKPOINTS.contains(name)) {
          code.invokestatic(STEPS, "checkpoint", NOTHING);
        } else if (type.equals("io/hyperlight/linux/SystemCalls")
            && name.equals("call")
            && method.methodType().stringValue().equals("(J)J")) {
          code.lload(1).invokestatic(STEPS, "systemCall", NUMBER);
        } else {
          code.invokestatic(STEPS, "step", NOTHING);
        }
      }

      @Override
      public void accept(CodeBuilder code, CodeElement element) {
        switch (element) {
          case LabelTarget target -> passed.add(target.label());
          case BranchInstruction branch when passed.contains(branch.target()) ->
              code.invokestatic(STEPS, "step", NOTHING);
          case InvokeInstruction call -> countCopy(code, call);
          default -> {}
        }
        code.with(element);
      }
    };
  }

  /** Copies of the JDK whose last argument is how much they copy. */
  private static void countCopy(CodeBuilder code, InvokeInstruction call) {
    String name = call.owner().asInternalName() + "." + call.name().stringValue();
    if (name.equals("java/lang/foreign/MemorySegment.fill")) {
      code.dup2()
          .pop()
          .invokeinterface(
              call.owner().asSymbol(), "byteSize", MethodTypeDesc.of(ConstantDescs.CD_long))
          .invokestatic(STEPS, "copy", NUMBER);
      return;
    }
    if (!name.equals("java/lang/System.arraycopy")
        && !name.equals("java/lang/foreign/MemorySegment.copy")) {
      return;
    }
    ClassDesc last = call.typeSymbol().parameterList().getLast();
    if (last.equals(ConstantDescs.CD_int)) {
      code.dup().i2l().invokestatic(STEPS, "copy", NUMBER);
    } else if (last.equals(ConstantDescs.CD_long)) {
      code.dup2().invokestatic(STEPS, "copy", NUMBER);
    }
  }
}

package io.hyperlight.testing;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
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
 * Loads the library a second time, with code in it that counts {@link Steps}. The loader does not
 * rely on the library's own checkpoints: a loop counts whether or not it has one.
 */
public final class CountingLoader extends RewritingLoader {
  private static final ClassDesc STEPS = ClassDesc.of(Steps.class.getName());
  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc NUMBER =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_long);

  /** Where work for a guest is done. */
  private static final List<String> COUNTED =
      List.of(
          "io.hyperlight.internal.linux.",
          "io.hyperlight.internal.vfs.",
          "io.hyperlight.internal.snapshot.",
          "io.hyperlight.internal.call.",
          "io.hyperlight.internal.loader.",
          "io.hyperlight.internal.abi.",
          "io.hyperlight.internal.machine.",
          "io.hyperlight.internal.hypervisor.kvm.",
          "io.hyperlight.internal.pool.",
          "io.hyperlight.internal.os.");

  private static final String TASK = "io/hyperlight/internal/linux/task/Task";

  private static final Set<String> CHECKPOINTS = Set.of("pass", "run", "goOutside");

  static {
    registerAsParallelCapable();
  }

  /** With this loader's classes for all but the library. */
  public CountingLoader() {}

  @Override
  boolean isRewritten(String name) {
    return COUNTED.stream().anyMatch(name::startsWith);
  }

  @Override
  CodeTransform transform(String type, MethodModel method) {
    Set<Label> passed = new HashSet<>();
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder code) {
        String name = method.methodName().stringValue();
        if (type.equals("io/hyperlight/internal/machine/Call") && CHECKPOINTS.contains(name)) {
          code.invokestatic(STEPS, "checkpoint", NOTHING);
        } else if (type.equals("io/hyperlight/internal/linux/CallHandlers")
            && name.equals("call")
            && method.methodType().stringValue().equals("(L%s;J)J".formatted(TASK))) {
          code.lload(2).invokestatic(STEPS, "systemCall", NUMBER);
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

  /** Counts copies of the JDK whose last argument is how much they copy. */
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

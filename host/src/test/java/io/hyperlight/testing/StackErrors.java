package io.hyperlight.testing;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Makes the stack full at the entry of one method of the library. This can happen although earlier
 * calls found room, because the sizes of frames differ, and the JIT changes them.
 */
public final class StackErrors {
  private static final ClassDesc ERRORS = ClassDesc.of(StackErrors.class.getName());
  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);

  private static final ThreadLocal<Integer> LEFT = ThreadLocal.withInitial(() -> 0);

  private StackErrors() {}

  /** Lets the next entries of this thread fail. */
  public static void failNext(int times) {
    LEFT.set(times);
  }

  /** The method is entered. */
  public static void enter() {
    int left = LEFT.get();
    if (left > 0) {
      LEFT.set(left - 1);
      throw new StackOverflowError("injected");
    }
  }

  /** Loads the library a second time, with a method that can fail. */
  public static final class Loader extends RewritingLoader {
    static {
      registerAsParallelCapable();
    }

    private final String type;
    private final String method;

    /**
     * For one method.
     *
     * @param type the name of its class
     */
    public Loader(String type, String method) {
      this.type = type;
      this.method = method;
    }

    @Override
    boolean isRewritten(String name) {
      return name.equals(type);
    }

    @Override
    CodeTransform transform(String internalName, MethodModel entered) {
      return new CodeTransform() {
        @Override
        public void atStart(CodeBuilder code) {
          if (entered.methodName().equalsString(method)) {
            code.invokestatic(ERRORS, "enter", NOTHING);
          }
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
          code.with(element);
        }
      };
    }
  }
}

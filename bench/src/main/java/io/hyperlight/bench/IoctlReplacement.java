package io.hyperlight.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.function.BiFunction;

/**
 * Makes the library call another {@code ioctl}: see {@code kvm_run.c}. This runs in a JVM of its
 * own, in which everything is on the class path. As a module, the library does not allow this
 * access.
 */
@SuppressWarnings("restricted")
final class IoctlReplacement {
  private final MethodHandle replace;

  private IoctlReplacement(MethodHandle replace) {
    this.replace = replace;
  }

  /**
   * Installs the shim. This works only if the library has not made a system call yet.
   *
   * @param shim the path of the compiled shim
   */
  static IoctlReplacement install(Path shim) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = SymbolLookup.libraryLookup(shim, Arena.global());
    MemorySegment ioctl = symbols.findOrThrow("shim_ioctl");
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    MethodHandle plain = linker.downcallHandle(ioctl, type);
    MethodHandle capturing =
        linker.downcallHandle(ioctl, type, Linker.Option.captureCallState("errno"));
    interpose((name, function) -> {
      if (!name.equals("ioctl")) {
        return function;
      }
      return function.type().equals(plain.type()) ? plain : capturing;
    });
    return new IoctlReplacement(
        linker.downcallHandle(
            symbols.findOrThrow("shim_replace"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)));
  }

  /** Sets the hook between the library and native functions. The hook is not part of the API. */
  private static void interpose(BiFunction<String, MethodHandle, MethodHandle> interposer) {
    try {
      Field field = Class.forName("io.hyperlight.internal.os.Posix").getDeclaredField("interposer");
      Class<?> type = field.getType();
      field.setAccessible(true);
      field.set(
          null,
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (_, _, arguments) ->
                  interposer.apply((String) arguments[0], (MethodHandle) arguments[1])));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sets whether {@code KVM_RUN} is replaced from now on. */
  void replaceRuns(boolean replaced) {
    try {
      replace.invokeExact(replaced ? 1 : 0);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}

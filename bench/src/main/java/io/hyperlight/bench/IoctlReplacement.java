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
 * Has the library call another {@code ioctl}, in a JVM of its own for that: see {@code kvm_run.c}.
 * The library lets nobody do so, and this JVM lets everybody: everything is on its class path.
 */
@SuppressWarnings("restricted")
final class IoctlReplacement {
  private final MethodHandle replace;

  private IoctlReplacement(MethodHandle replace) {
    this.replace = replace;
  }

  /**
   * Takes effect if the library has not made any system call yet.
   *
   * @param shim the compiled shim
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

  /** Sets what comes between the library and native functions, which is none of its API. */
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

  /** Whether {@code KVM_RUN} is to run nothing from now on. */
  void replaceRuns(boolean replaced) {
    try {
      replace.invokeExact(replaced ? 1 : 0);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}

package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the processor's counter from a page of the caller's machine code. */
public final class HostCounter {
  private static volatile @Nullable MemorySegment code;

  /** The function, linked after {@link #install}. It returns soon, so it needs no transition. */
  private static final class Read {
    static final MethodHandle HANDLE =
        Posix.linkAt(
            Objects.requireNonNull(code),
            FunctionDescriptor.of(JAVA_LONG),
            Linker.Option.critical(false));
  }

  private HostCounter() {}

  /**
   * Copies code to a page of its own, for {@link #read}. Later calls do nothing.
   *
   * @param function without parameters that returns the counter
   * @throws SystemCallException if the kernel refuses
   */
  public static synchronized void install(byte[] function) {
    if (code == null) {
      code = CodePage.of(function);
    }
  }

  /** Returns the counter. {@link #install} was called before. */
  public static long read() {
    try {
      return (long) Read.HANDLE.invokeExact();
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}

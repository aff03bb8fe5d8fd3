package io.hyperlight.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Runs the functions in a shared library in this process, through java.lang.foreign. There is no
 * isolation.
 */
@SuppressWarnings("restricted")
final class FfmRival implements Rival {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final FunctionDescriptor TWO_INTS =
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final FunctionDescriptor ONE_INT =
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup(RivalPrograms.library("libcall.so"), Arena.global());
  private static final MethodHandle ADD =
      LINKER.downcallHandle(LIBRARY.findOrThrow("add"), TWO_INTS);
  private static final MethodHandle FIB =
      LINKER.downcallHandle(LIBRARY.findOrThrow("fib"), ONE_INT);

  /** Calls {@code add} of any library. Its first argument is the address of the function. */
  private static final MethodHandle ADD_AT = LINKER.downcallHandle(TWO_INTS);

  /**
   * A library that nothing else has loaded. So the dynamic linker makes and removes an instance
   * each time.
   */
  private final Path copy = RivalPrograms.library("libcopy.so");

  @Override
  public String title() {
    return "java.lang.foreign";
  }

  @Override
  public Sampler first() {
    return Timed.each(() -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment add = SymbolLookup.libraryLookup(copy, arena).findOrThrow("add");
        MethodHandle handle = LINKER.downcallHandle(add, TWO_INTS);
        Calls.check((int) handle.invokeExact(1, 2) == 3);
      }
    });
  }

  @Override
  public Sampler call() {
    return Timed.inBatches(rounds -> {
      for (int i = 0; i < rounds; i++) {
        Calls.check((int) ADD.invokeExact(i, 1) == i + 1);
      }
    });
  }

  @Override
  public Sampler fresh() {
    return Timed.each(() -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment add = SymbolLookup.libraryLookup(copy, arena).findOrThrow("add");
        Calls.check((int) ADD_AT.invokeExact(add, 1, 2) == 3);
      }
    });
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check((int) FIB.invokeExact(N) == FIB_OF_N));
  }
}

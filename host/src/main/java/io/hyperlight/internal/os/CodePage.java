package io.hyperlight.internal.os;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Pages of the process with machine code of this library. They stay, and nothing can write them.
 */
final class CodePage {
  private static final int PAGE_SIZE = 4096;

  private CodePage() {}

  /**
   * Copies code to a page of its own.
   *
   * @param code at most a page
   * @throws SystemCallException if the kernel refuses
   */
  static MemorySegment of(byte[] code) {
    MemorySegment page =
        HostMemory.mmap(
            PAGE_SIZE,
            HostMemory.PROT_READ | HostMemory.PROT_WRITE,
            HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS,
            -1);
    try {
      MemorySegment.copy(code, 0, page, ValueLayout.JAVA_BYTE, 0, code.length);
      HostMemory.mprotect(page, HostMemory.PROT_READ | HostMemory.PROT_EXEC);
    } catch (Throwable t) {
      HostMemory.munmap(page);
      throw t;
    }
    return page;
  }
}

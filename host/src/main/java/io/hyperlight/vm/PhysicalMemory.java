package io.hyperlight.vm;

import io.hyperlight.os.Posix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A sandbox's guest-physical memory: one anonymous mapping of the host, from guest-physical address
 * zero. The host pays for a page when it is first touched. Pages are handed out in ascending order
 * and come zeroed.
 *
 * <p>Every write of the host into guest memory goes through this class.
 */
final class PhysicalMemory implements AutoCloseable {
  static final int PAGE_SIZE = 4096;

  private final MemorySegment memory;
  private long nextFree = PAGE_SIZE; // page 0 stays empty: no zeroed entry points at anything real
  private boolean closed;

  PhysicalMemory(long sizeBytes) {
    memory =
        Posix.mmap(
            sizeBytes,
            Posix.PROT_READ | Posix.PROT_WRITE,
            Posix.MAP_PRIVATE | Posix.MAP_ANONYMOUS | Posix.MAP_NORESERVE,
            -1);
  }

  static long pageAlignUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  MemorySegment segment() {
    return memory;
  }

  long freeBytes() {
    return memory.byteSize() - nextFree;
  }

  /**
   * Hands out contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free
   */
  long allocate(long sizeBytes) {
    if (sizeBytes > freeBytes()) {
      throw new GuestMemoryExhaustedException(sizeBytes, freeBytes(), memory.byteSize());
    }
    long address = nextFree;
    nextFree += sizeBytes;
    return address;
  }

  long getLong(long physicalAddress) {
    return memory.get(ValueLayout.JAVA_LONG, physicalAddress);
  }

  void putLong(long physicalAddress, long value) {
    memory.set(ValueLayout.JAVA_LONG, physicalAddress, value);
  }

  void putInt(long physicalAddress, int value) {
    memory.set(ValueLayout.JAVA_INT, physicalAddress, value);
  }

  void putFloat(long physicalAddress, float value) {
    memory.set(ValueLayout.JAVA_FLOAT, physicalAddress, value);
  }

  void putDouble(long physicalAddress, double value) {
    memory.set(ValueLayout.JAVA_DOUBLE, physicalAddress, value);
  }

  void putByte(long physicalAddress, byte value) {
    memory.set(ValueLayout.JAVA_BYTE, physicalAddress, value);
  }

  void put(long physicalAddress, byte[] source, int from, int length) {
    MemorySegment.copy(source, from, memory, ValueLayout.JAVA_BYTE, physicalAddress, length);
  }

  void get(long physicalAddress, byte[] target, int from, int length) {
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, physicalAddress, target, from, length);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Posix.munmap(memory);
    }
  }
}

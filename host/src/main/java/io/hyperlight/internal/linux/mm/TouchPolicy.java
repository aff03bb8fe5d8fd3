package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import org.jspecify.annotations.Nullable;

/**
 * Decides which mappings get memory at once, and which get it when they are touched.
 *
 * <p>A touch is an exit, which costs more than allotting a few pages. So small mappings get their
 * memory at once. Stacks and memory with {@code MAP_NORESERVE} get it by touch, since programs make
 * them larger than they use. So does what {@code mprotect} commits of a reservation, unless it is
 * very small.
 *
 * <p>As with Linux's heuristic overcommit, one request that cannot succeed is refused at once:
 * programs can handle that. Many requests that are too much together succeed. The touch that has no
 * memory then ends the guest, as the out-of-memory killer of Linux does.
 */
final class TouchPolicy {
  /** The maximum size in bytes of anonymous memory that is allotted at once. */
  private static final long MAPPED_AT_ONCE = 1 << 20;

  /** The same for parts of files. */
  private static final long FILE_AT_ONCE = 2 << 20;

  /** The same for reserved memory that gets rights. */
  static final long COMMITTED_AT_ONCE = 256 << 10;

  /** The size in bytes from which dropped memory is free again. It gets memory by touch then. */
  private static final long FORGOTTEN = 64 << 10;

  private static final long MAP_GROWSDOWN = 0x100;
  private static final long MAP_LOCKED = 0x2000;
  private static final long MAP_NORESERVE = 0x4000;
  private static final long MAP_POPULATE = 0x8000;
  private static final long MAP_STACK = 0x2_0000;

  private TouchPolicy() {}

  /** Returns whether a mapping without special flags gets its memory at once. */
  static boolean isTouched(long size, @Nullable MappedArea area) {
    if (area != null && area.hasPagesOfFile()) {
      return false; // each page takes room in its file
    }
    return size
        <= (area == null || area.object() instanceof MappedObject.SharedZeros
            ? MAPPED_AT_ONCE
            : FILE_AT_ONCE);
  }

  /** Returns whether a mapping of {@code mmap} gets its memory at once. */
  static boolean isTouched(long size, @Nullable MappedArea area, long flags) {
    boolean sparse =
        (flags & (MAP_NORESERVE | MAP_STACK | MAP_GROWSDOWN)) != 0 && size > COMMITTED_AT_ONCE;
    return !sparse && isTouched(size, area);
  }

  /** Returns whether a mapping of {@code mmap} is touched afterwards, as far as there is memory. */
  static boolean isPopulated(long flags) {
    return (flags & (MAP_POPULATE | MAP_LOCKED)) != 0;
  }

  /**
   * Returns whether there can never be memory for all of a mapping. A part of a reservation may be
   * larger than what is free: runtimes commit theirs in large steps, and use little of the last.
   *
   * @param start of the range, which is free, or reserved, or replaced
   */
  static boolean isTooLarge(
      AddressSpace space, long start, long size, Protection protection, long flags) {
    if (!protection.writable() || (flags & MAP_NORESERVE) != 0) {
      return false;
    }
    return space.isFree(start, size) ? !space.fits(start, size) : size > space.memoryBytes();
  }

  /** Returns whether memory that the program drops is free again. */
  static boolean isForgotten(AddressSpace space, long size) {
    return size >= FORGOTTEN && space.hasRoomForParts();
  }
}

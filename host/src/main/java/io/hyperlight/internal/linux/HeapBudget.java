package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;

/**
 * What the host may hold on the Java heap for a guest: open and mapped files with the ways to them,
 * texts that were made up, listings, pipes. Contents of files have the limits of their trees,
 * mappings a number of their own.
 *
 * <p>What there is, is summed up when something is to be added. So nothing has to be given back, on
 * no way out of a system call, by no restore.
 *
 * <p>Sizes are rough, and rather too large: an object's header, its fields, its strings.
 */
final class HeapBudget {
  /** An open file without what belongs to its kind. */
  static final long FILE = 256;

  /** A step of the way to a file, with its node and name. */
  private static final long STEP = 96;

  private final long limit;
  private final ProcessFiles files;

  HeapBudget(long limit, ProcessFiles files) {
    this.limit = limit;
    this.files = files;
  }

  static long of(Location location) {
    return location.depth() * STEP;
  }

  /** How much more there may be; not negative. */
  long left() {
    return Math.max(0, limit - files.heapBytes());
  }

  /**
   * Makes sure that there is room for something more.
   *
   * @param bytes how much; nothing is refused that makes it less
   * @throws FileException ENOMEM if there is not
   */
  void require(long bytes) {
    if (bytes > 0 && bytes > limit - files.heapBytes()) {
      throw new FileException(Errno.ENOMEM);
    }
  }
}

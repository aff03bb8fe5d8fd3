package io.hyperlight.internal.linux.limits;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the host may hold on the Java heap for a world: open and mapped files with the ways to them,
 * texts of pseudo files, listings, pipes. Contents of files have the limits of their trees,
 * mappings a number of their own.
 *
 * <p>What there is, is summed up when something is to be added. So nothing has to be given back, on
 * no way out of a system call, by no restore.
 *
 * <p>Sizes are rough, and rather too large: an object's header, its fields, its strings.
 */
public final class HeapBudget {
  /** An open file without what belongs to its kind. */
  public static final long FILE = 256;

  /** A step of the way to a file, with its node and name. */
  private static final long STEP = 96;

  private final long limit;
  private final List<LongSupplier> users = new ArrayList<>(2); // of a world with one process

  /** With nobody who uses it. */
  public HeapBudget(long limit) {
    this.limit = limit;
  }

  /**
   * Adds somebody who uses it.
   *
   * @param bytes says how much, whenever it is asked
   */
  public void addUser(LongSupplier bytes) {
    users.add(bytes);
  }

  public static long of(Location location) {
    return location.depth() * STEP;
  }

  private long used() {
    long bytes = 0;
    for (int i = 0; i < users.size(); i++) {
      bytes += users.get(i).getAsLong();
    }
    return bytes;
  }

  /** How much more there may be; not negative. */
  public long left() {
    return Math.max(0, limit - used());
  }

  /**
   * Makes sure that there is room for something more.
   *
   * @param bytes how much; nothing is refused that makes it less
   * @throws FileException ENOMEM if there is not
   */
  public void require(long bytes) {
    if (bytes > 0 && bytes > limit - used()) {
      throw new FileException(Errno.ENOMEM);
    }
  }
}

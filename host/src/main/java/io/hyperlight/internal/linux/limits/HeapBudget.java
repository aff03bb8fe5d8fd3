package io.hyperlight.internal.linux.limits;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Limits what a world may cost the Java heap: open and mapped files with their locations, texts of
 * pseudo files, listings, pipes. Contents of files have the limits of their trees. Mappings have a
 * limit of their own.
 *
 * <p>The present use is summed up whenever something is added. So no path out of a system call, and
 * no restore, has to return anything.
 *
 * <p>Sizes are rough, and rather too large: an object's header, its fields, its strings.
 */
public final class HeapBudget {
  /** The size of an open file without what its kind adds, in bytes. */
  public static final long FILE = 256;

  /** The size of one step of a location, with its node and name, in bytes. */
  private static final long STEP = 96;

  private final long limit;
  private final List<LongSupplier> users = new ArrayList<>(6); // of a world with one process

  /** Creates a budget without users. */
  public HeapBudget(long limit) {
    this.limit = limit;
  }

  /**
   * Adds a user.
   *
   * @param bytes returns its present size, whenever it is asked
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

  /** Returns how many more bytes are available; not negative. */
  public long left() {
    return Math.max(0, limit - used());
  }

  /**
   * Checks that there is room for more.
   *
   * @param bytes how much is added; 0 or less is always accepted
   * @throws FileException ENOMEM if there is no room
   */
  public void require(long bytes) {
    if (bytes > 0 && bytes > limit - used()) {
      throw new FileException(Errno.ENOMEM);
    }
  }
}

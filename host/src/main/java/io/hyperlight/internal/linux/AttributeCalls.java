package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Permissions, owners, times and extended attributes of files. */
final class AttributeCalls {
  private static final long UTIME_NOW = 0x3fff_ffff;
  private static final long UTIME_OMIT = 0x3fff_fffe;

  private static final int TIMES_SIZE = 32;

  private static final int LONGEST_ATTRIBUTE_NAME = 255;

  private AttributeCalls() {}

  static void register(SystemCallTable table) {
    int here = Paths.AT_FDCWD;
    table.on(90, (guest, a, b, c, d, e, f) -> setPermissions(at(guest, here, a, true), b));
    table.on(91, (guest, a, b, c, d, e, f) -> setPermissionsOfOpen(guest, a, b));
    table.on(92, (guest, a, b, c, d, e, f) -> setOwner(at(guest, here, a, true), b, c));
    table.on(93, (guest, a, b, c, d, e, f) -> setOwner(open(guest, a), b, c));
    table.on(94, (guest, a, b, c, d, e, f) -> setOwner(at(guest, here, a, false), b, c));
    table.on(132, (guest, a, b, c, d, e, f) -> utime(guest, a, b));
    table.on(235, (guest, a, b, c, d, e, f) -> futimesat(guest, here, a, b));
    table.on(260, (guest, a, b, c, d, e, f) -> fchownat(guest, a, b, c, d, (int) e));
    table.on(261, (guest, a, b, c, d, e, f) -> futimesat(guest, a, b, c));
    table.on(268, (guest, a, b, c, d, e, f) -> setPermissions(at(guest, a, b, true), c));
    table.on(280, (guest, a, b, c, d, e, f) -> utimensat(guest, a, b, c, (int) d));
    for (int number = 188; number <= 199; number++) {
      registerAttribute(table, number);
    }
  }

  /** Of set, get, list and remove there are three each: by path, of a link, of a descriptor. */
  private static void registerAttribute(SystemCallTable table, int number) {
    int operation = (number - 188) / 3;
    int way = (number - 188) % 3;
    table.on(
        number,
        (guest, a, b, c, d, e, f) -> {
          Node node = way == 2 ? open(guest, a) : at(guest, Paths.AT_FDCWD, a, way == 0);
          return attribute(guest, node, operation, b);
        });
  }

  /** There are none, and nothing that they could be kept in. */
  private static long attribute(SystemCalls guest, Node node, int operation, long name) {
    if (operation == 2) {
      return 0;
    }
    byte[] text = guest.mem().readString(name, LONGEST_ATTRIBUTE_NAME + 1);
    if (text == null || text.length == 0) {
      return -Errno.ERANGE;
    }
    if (operation == 1) {
      return -Errno.ENODATA;
    }
    Paths.requireWritable(node);
    return operation == 0 ? -Errno.ENOTSUP : -Errno.ENODATA;
  }

  private static Node at(SystemCalls guest, long folder, long path, boolean followLast) {
    return Paths.resolve(guest, folder, path, followLast).node();
  }

  private static Node open(SystemCalls guest, long descriptor) {
    Location location = guest.files().descriptors().get(descriptor).location();
    if (location == null) {
      throw new FileException(Errno.EPERM); // a pipe, whose other end may be the host's
    }
    return location.node();
  }

  private static long setPermissions(Node node, long mode) {
    Paths.requireWritable(node);
    node.setPermissions((int) mode & 07777);
    return 0;
  }

  private static long setPermissionsOfOpen(SystemCalls guest, long descriptor, long mode) {
    if (guest.files().descriptors().get(descriptor) instanceof PipeEnd end
        && end.location() == null) {
      end.changes();
      end.pipe().setPermissions((int) mode & 07777);
      return 0;
    }
    return setPermissions(open(guest, descriptor), mode);
  }

  private static long setOwner(Node node, long user, long group) {
    Paths.requireWritable(node);
    return isOwner(user) && isOwner(group) ? 0 : -Errno.EPERM;
  }

  private static boolean isOwner(long user) {
    return (int) user == -1 || (int) user == ProcessCalls.USER;
  }

  private static long fchownat(
      SystemCalls guest, long folder, long path, long user, long group, int flags) {
    if ((flags & ~(Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    return setOwner(nodeAt(guest, folder, path, flags), user, group);
  }

  private static Node nodeAt(SystemCalls guest, long folder, long path, int flags) {
    if ((flags & Paths.AT_EMPTY_PATH) != 0 && Paths.read(guest, path).isEmpty()) {
      return (int) folder == Paths.AT_FDCWD
          ? guest.files().workingDirectory().node()
          : any(guest, folder);
    }
    return at(guest, folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0);
  }

  private static Node any(SystemCalls guest, long descriptor) {
    Location location = guest.files().descriptors().any(descriptor).location();
    if (location == null) {
      throw new FileException(Errno.EPERM);
    }
    return location.node();
  }

  private static Instant now(SystemCalls guest) {
    return guest.time().instant();
  }

  private static long setTimes(Node node, @Nullable Instant accessed, @Nullable Instant modified) {
    Paths.requireWritable(node);
    node.setTimes(accessed, modified);
    return 0;
  }

  private static long utime(SystemCalls guest, long path, long times) {
    Instant accessed;
    Instant modified;
    if (times == 0) {
      accessed = modified = now(guest);
    } else {
      ByteBuffer seconds = guest.mem().readStruct(times, 16);
      accessed = instant(seconds.getLong(), 0);
      modified = instant(seconds.getLong(), 0);
    }
    return setTimes(at(guest, Paths.AT_FDCWD, path, true), accessed, modified);
  }

  /** {@code utimes(2)}, too. */
  private static long futimesat(SystemCalls guest, long folder, long path, long times) {
    Instant accessed;
    Instant modified;
    if (times == 0) {
      accessed = modified = now(guest);
    } else {
      ByteBuffer pairs = guest.mem().readStruct(times, TIMES_SIZE);
      if (isNoFraction(pairs.getLong(8), 1_000_000) || isNoFraction(pairs.getLong(24), 1_000_000)) {
        return -Errno.EINVAL;
      }
      accessed = instant(pairs.getLong(0), 1000 * pairs.getLong(8));
      modified = instant(pairs.getLong(16), 1000 * pairs.getLong(24));
    }
    Node node = path == 0 ? open(guest, folder) : at(guest, folder, path, true);
    return setTimes(node, accessed, modified);
  }

  private static boolean isNoFraction(long value, long unit) {
    return value < 0 || value >= unit;
  }

  private static long utimensat(SystemCalls guest, long folder, long path, long times, int flags) {
    Instant accessed = now(guest);
    Instant modified = accessed;
    if (times != 0) {
      ByteBuffer pairs = guest.mem().readStruct(times, TIMES_SIZE);
      if (!isTime(pairs.getLong(8)) || !isTime(pairs.getLong(24))) {
        return -Errno.EINVAL;
      }
      accessed = time(pairs.getLong(0), pairs.getLong(8), accessed);
      modified = time(pairs.getLong(16), pairs.getLong(24), modified);
      if (accessed == null && modified == null) {
        return 0; // whatever the path is
      }
    }
    if (path == 0 && (int) folder != Paths.AT_FDCWD) {
      return flags != 0 ? -Errno.EINVAL : setTimes(open(guest, folder), accessed, modified);
    }
    if ((flags & ~(Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    return setTimes(nodeAt(guest, folder, path, flags), accessed, modified);
  }

  private static boolean isTime(long nanos) {
    return nanos == UTIME_NOW || nanos == UTIME_OMIT || !isNoFraction(nanos, 1_000_000_000);
  }

  private static @Nullable Instant time(long seconds, long nanos, @Nullable Instant now) {
    if (nanos == UTIME_OMIT) {
      return null;
    }
    return nanos == UTIME_NOW ? now : instant(seconds, nanos);
  }

  /** As far as Java's time goes. */
  private static Instant instant(long seconds, long nanos) {
    return Instant.ofEpochSecond(
        Math.clamp(seconds, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()), nanos);
  }
}

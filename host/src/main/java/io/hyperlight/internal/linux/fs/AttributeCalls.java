package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.AnonymousFile;
import io.hyperlight.internal.linux.fd.PipeEnd;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** System calls on permissions, owners, times and extended attributes of files. */
public final class AttributeCalls {
  private static final long UTIME_NOW = 0x3fff_ffff;
  private static final long UTIME_OMIT = 0x3fff_fffe;

  private static final int TIMES_SIZE = 32;

  private static final int LONGEST_ATTRIBUTE_NAME = 255;

  private final Paths paths;
  private final ProcessFiles files;
  private final GuestMemory memory;
  private final GuestClock clock;

  public AttributeCalls(Paths paths, ProcessFiles files, GuestMemory memory, GuestClock clock) {
    this.paths = paths;
    this.files = files;
    this.memory = memory;
    this.clock = clock;
  }

  public long chmod(long path, int mode) {
    return setPermissions(at(Paths.AT_FDCWD, path, true), mode);
  }

  public long fchmodat(int folder, long path, int mode) {
    return setPermissions(at(folder, path, true), mode);
  }

  public long chown(long path, int user, int group) {
    return setOwner(at(Paths.AT_FDCWD, path, true), user, group);
  }

  public long fchown(int descriptor, int user, int group) {
    return setOwner(open(descriptor), user, group);
  }

  public long lchown(long path, int user, int group) {
    return setOwner(at(Paths.AT_FDCWD, path, false), user, group);
  }

  public long utimes(long path, long times) {
    return futimesat(Paths.AT_FDCWD, path, times);
  }

  // Extended attributes: by path, of a link, of a descriptor.

  public long setxattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, true), Operation.SET, name);
  }

  public long lsetxattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, false), Operation.SET, name);
  }

  public long fsetxattr(int descriptor, long name) {
    return attribute(open(descriptor), Operation.SET, name);
  }

  public long getxattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, true), Operation.GET, name);
  }

  public long lgetxattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, false), Operation.GET, name);
  }

  public long fgetxattr(int descriptor, long name) {
    return attribute(open(descriptor), Operation.GET, name);
  }

  public long listxattr(long path) {
    at(Paths.AT_FDCWD, path, true);
    return 0;
  }

  public long llistxattr(long path) {
    at(Paths.AT_FDCWD, path, false);
    return 0;
  }

  public long flistxattr(int descriptor) {
    open(descriptor);
    return 0;
  }

  public long removexattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, true), Operation.REMOVE, name);
  }

  public long lremovexattr(long path, long name) {
    return attribute(at(Paths.AT_FDCWD, path, false), Operation.REMOVE, name);
  }

  public long fremovexattr(int descriptor, long name) {
    return attribute(open(descriptor), Operation.REMOVE, name);
  }

  private enum Operation {
    SET,
    GET,
    REMOVE
  }

  /** Answers without an attribute: there are none, and no place to keep any. */
  private long attribute(Node node, Operation operation, long name) {
    byte[] text = memory.readString(name, LONGEST_ATTRIBUTE_NAME + 1);
    if (text == null || text.length == 0) {
      return -Errno.ERANGE;
    }
    if (operation == Operation.GET) {
      return -Errno.ENODATA;
    }
    Paths.requireWritable(node);
    return operation == Operation.SET ? -Errno.ENOTSUP : -Errno.ENODATA;
  }

  private Node at(int folder, long path, boolean followLast) {
    return paths.resolve(folder, path, followLast).node();
  }

  private Node open(int descriptor) {
    Location location = files.descriptors().get(descriptor).location();
    if (location == null) {
      throw new FileException(Errno.EPERM); // a pipe, whose other end may be the host's
    }
    return location.node();
  }

  private static long setPermissions(Node node, int mode) {
    Paths.requireWritable(node);
    node.setPermissions(mode & 07777);
    return 0;
  }

  public long fchmod(int descriptor, int mode) {
    if (files.descriptors().get(descriptor) instanceof PipeEnd end && end.location() == null) {
      end.changes();
      end.pipe().setPermissions(mode & 07777);
      return 0;
    }
    if (files.descriptors().get(descriptor) instanceof AnonymousFile) {
      return -Errno.ENOTSUP;
    }
    return setPermissions(open(descriptor), mode);
  }

  private static long setOwner(Node node, int user, int group) {
    Paths.requireWritable(node);
    return isOwner(user) && isOwner(group) ? 0 : -Errno.EPERM;
  }

  private static boolean isOwner(int user) {
    return user == -1 || user == TaskIdentity.NOBODY;
  }

  public long fchownat(int folder, long path, int user, int group, int flags) {
    if ((flags & ~(Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    return setOwner(nodeAt(folder, path, flags), user, group);
  }

  private Node nodeAt(int folder, long path, int flags) {
    if ((flags & Paths.AT_EMPTY_PATH) != 0 && paths.read(path).isEmpty()) {
      return folder == Paths.AT_FDCWD ? files.workingDirectory().node() : any(folder);
    }
    return at(folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0);
  }

  private Node any(int descriptor) {
    Location location = files.descriptors().any(descriptor).location();
    if (location == null) {
      throw new FileException(Errno.EPERM);
    }
    return location.node();
  }

  private static long setTimes(Node node, @Nullable Instant accessed, @Nullable Instant modified) {
    Paths.requireWritable(node);
    node.setTimes(accessed, modified);
    return 0;
  }

  public long utime(long path, long times) {
    Instant accessed;
    Instant modified;
    if (times == 0) {
      accessed = modified = clock.instant();
    } else {
      ByteBuffer seconds = memory.readStruct(times, 16);
      accessed = instant(seconds.getLong(), 0);
      modified = instant(seconds.getLong(), 0);
    }
    return setTimes(at(Paths.AT_FDCWD, path, true), accessed, modified);
  }

  /** Sets times. Also answers {@code utimes(2)}. */
  public long futimesat(int folder, long path, long times) {
    Instant accessed;
    Instant modified;
    if (times == 0) {
      accessed = modified = clock.instant();
    } else {
      ByteBuffer pairs = memory.readStruct(times, TIMES_SIZE);
      if (isNoFraction(pairs.getLong(8), 1_000_000) || isNoFraction(pairs.getLong(24), 1_000_000)) {
        return -Errno.EINVAL;
      }
      accessed = instant(pairs.getLong(0), 1000 * pairs.getLong(8));
      modified = instant(pairs.getLong(16), 1000 * pairs.getLong(24));
    }
    Node node = path == 0 ? open(folder) : at(folder, path, true);
    return setTimes(node, accessed, modified);
  }

  private static boolean isNoFraction(long value, long unit) {
    return value < 0 || value >= unit;
  }

  public long utimensat(int folder, long path, long times, int flags) {
    Instant accessed = clock.instant();
    Instant modified = accessed;
    if (times != 0) {
      ByteBuffer pairs = memory.readStruct(times, TIMES_SIZE);
      if (!isTime(pairs.getLong(8)) || !isTime(pairs.getLong(24))) {
        return -Errno.EINVAL;
      }
      accessed = time(pairs.getLong(0), pairs.getLong(8), accessed);
      modified = time(pairs.getLong(16), pairs.getLong(24), modified);
      if (accessed == null && modified == null) {
        return 0; // whatever the path is
      }
    }
    if (path == 0 && folder != Paths.AT_FDCWD) {
      return flags != 0 ? -Errno.EINVAL : setTimes(open(folder), accessed, modified);
    }
    if ((flags & ~(Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    return setTimes(nodeAt(folder, path, flags), accessed, modified);
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

  /** Converts a time, limited to the range of Java's {@link Instant}. */
  private static Instant instant(long seconds, long nanos) {
    return Instant.ofEpochSecond(
        Math.clamp(seconds, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()), nanos);
  }
}

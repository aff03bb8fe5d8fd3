package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Space;

/** What there is to know of files: {@code stat(2)}, {@code access(2)}, {@code statfs(2)}. */
final class StatCalls {
  private static final long AT_NO_AUTOMOUNT = 0x800;
  private static final long AT_EACCESS = 0x200;
  private static final long AT_STATX_SYNC_TYPE = 0x6000;
  private static final long STAT_FLAGS =
      Paths.AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | Paths.AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;

  private static final long STATX_RESERVED = 0x8000_0000L;

  private StatCalls() {}

  static void register(SystemCallTable table) {
    table.on(4, (guest, a, b, c, d, e, f) -> stat(guest, Paths.AT_FDCWD, a, b, 0));
    table.on(5, (guest, a, b, c, d, e, f) -> fstat(guest, a, b));
    table.on(
        6,
        (guest, a, b, c, d, e, f) -> stat(guest, Paths.AT_FDCWD, a, b, Paths.AT_SYMLINK_NOFOLLOW));
    table.on(21, (guest, a, b, c, d, e, f) -> access(guest, Paths.AT_FDCWD, a, b, 0));
    table.on(137, (guest, a, b, c, d, e, f) -> statfs(guest, a, b));
    table.on(138, (guest, a, b, c, d, e, f) -> fstatfs(guest, a, b));
    table.on(262, (guest, a, b, c, d, e, f) -> stat(guest, a, b, c, d));
    table.on(269, (guest, a, b, c, d, e, f) -> access(guest, a, b, c, 0));
    table.on(332, (guest, a, b, c, d, e, f) -> statx(guest, a, b, c, d, e));
    table.on(439, (guest, a, b, c, d, e, f) -> access(guest, a, b, c, d));
  }

  private static long fstat(SystemCalls guest, long descriptor, long target) {
    FileStatus status = guest.files().descriptors().any(descriptor).status();
    guest.mem().write(target, StatLayout.stat(status));
    return 0;
  }

  private static long stat(SystemCalls guest, long folder, long path, long target, long flagBits) {
    long flags = (int) flagBits;
    if ((flags & ~STAT_FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    guest.mem().write(target, StatLayout.stat(status(guest, folder, path, flags)));
    return 0;
  }

  private static long statx(
      SystemCalls guest, long folder, long path, long flagBits, long mask, long target) {
    long flags = (int) flagBits;
    if ((flags & ~STAT_FLAGS) != 0
        || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE
        || (mask & STATX_RESERVED) != 0) {
      return -Errno.EINVAL;
    }
    guest.mem().write(target, StatLayout.statx(status(guest, folder, path, flags)));
    return 0;
  }

  /** Of what a path names, or of what a descriptor is if that is asked for. */
  private static FileStatus status(SystemCalls guest, long folder, long address, long flags) {
    String path = Paths.read(guest, address);
    ProcessFiles files = guest.files();
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      return (int) folder == Paths.AT_FDCWD
          ? files.workingDirectory().node().status()
          : files.descriptors().any(folder).status();
    }
    return Paths.resolve(guest, folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0)
        .node()
        .status();
  }

  private static long access(
      SystemCalls guest, long folder, long address, long modeBits, long flagBits) {
    int mode = (int) modeBits;
    long flags = (int) flagBits;
    if ((mode & ~7) != 0
        || (flags & ~(AT_EACCESS | Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    String path = Paths.read(guest, address);
    ProcessFiles files = guest.files();
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      OpenFile file = (int) folder == Paths.AT_FDCWD ? null : files.descriptors().any(folder);
      Location location = file == null ? files.workingDirectory() : file.location();
      if (location == null) {
        return file != null && Paths.isAllowed(file.status(), mode) ? 0 : -Errno.EACCES;
      }
      return access(location, mode);
    }
    return access(
        Paths.resolve(guest, folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0), mode);
  }

  private static long access(Location location, int mode) {
    FileStatus status = location.node().status();
    boolean file =
        switch (status.kind()) {
          case REGULAR, DIRECTORY, SYMBOLIC_LINK -> true;
          case CHARACTER_DEVICE, PIPE, SOCKET -> false;
        };
    if (file && (mode & Paths.WRITE) != 0) {
      Paths.requireContentsWritable(location.node());
    }
    return Paths.isAllowed(status, mode) ? 0 : -Errno.EACCES;
  }

  private static long statfs(SystemCalls guest, long path, long target) {
    return statfs(guest, Paths.resolve(guest, Paths.AT_FDCWD, path, true), target);
  }

  private static long statfs(SystemCalls guest, Location location, long target) {
    Node node = location.node();
    FileStatus status = node.status();
    guest
        .mem()
        .write(
            target,
            StatLayout.statfs(type(location, status), status, node.space(), node.isWritable()));
    return 0;
  }

  private static long type(Location location, FileStatus status) {
    if (location.node() instanceof DescriptorNode) {
      return StatLayout.PIPEFS;
    }
    if (status.device() == MadeUpNode.DEVICE) {
      String path = location.path() + "/";
      if (path.startsWith("/proc/")) {
        return StatLayout.PROC;
      }
      if (path.startsWith("/sys/")) {
        return StatLayout.SYSFS;
      }
    }
    return StatLayout.TMPFS;
  }

  private static long fstatfs(SystemCalls guest, long descriptor, long target) {
    OpenFile file = guest.files().descriptors().any(descriptor);
    Location location = file.location();
    if (location == null) {
      guest
          .mem()
          .write(target, StatLayout.statfs(StatLayout.PIPEFS, file.status(), Space.NONE, true));
      return 0;
    }
    return statfs(guest, location, target);
  }
}

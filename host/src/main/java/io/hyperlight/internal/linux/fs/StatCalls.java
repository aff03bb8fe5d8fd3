package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.fd.DescriptorNode;
import io.hyperlight.internal.linux.fd.OpenFile;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Space;

/** Reports on files: {@code stat(2)}, {@code access(2)}, {@code statfs(2)}. */
public final class StatCalls {
  private static final long AT_NO_AUTOMOUNT = 0x800;
  private static final long AT_EACCESS = 0x200;
  private static final long AT_STATX_SYNC_TYPE = 0x6000;
  private static final long STAT_FLAGS =
      Paths.AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | Paths.AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;

  private static final long STATX_RESERVED = 0x8000_0000L;

  private final Paths paths;
  private final ProcessFiles files;
  private final GuestMemory memory;

  public StatCalls(Paths paths, ProcessFiles files, GuestMemory memory) {
    this.paths = paths;
    this.files = files;
    this.memory = memory;
  }

  public long stat(long path, long target) {
    return newfstatat(Paths.AT_FDCWD, path, target, 0);
  }

  public long lstat(long path, long target) {
    return newfstatat(Paths.AT_FDCWD, path, target, (int) Paths.AT_SYMLINK_NOFOLLOW);
  }

  public long access(long path, int mode) {
    return faccessat2(Paths.AT_FDCWD, path, mode, 0);
  }

  public long fstat(int descriptor, long target) {
    FileStatus status = files.descriptors().any(descriptor).status();
    memory.write(target, StatLayout.stat(status));
    return 0;
  }

  public long newfstatat(int folder, long path, long target, int flags) {
    if ((flags & ~STAT_FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    memory.write(target, StatLayout.stat(status(folder, path, flags)));
    return 0;
  }

  public long statx(int folder, long path, int flags, long mask, long target) {
    if ((flags & ~STAT_FLAGS) != 0
        || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE
        || (mask & STATX_RESERVED) != 0) {
      return -Errno.EINVAL;
    }
    memory.write(target, StatLayout.statx(status(folder, path, flags)));
    return 0;
  }

  /**
   * Returns the status of a path. With an empty path, if that is allowed, it is the status of the
   * descriptor.
   */
  private FileStatus status(int folder, long address, long flags) {
    String path = paths.read(address);
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      return folder == Paths.AT_FDCWD
          ? files.workingDirectory().node().status()
          : files.descriptors().any(folder).status();
    }
    return paths.resolve(folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0).node().status();
  }

  public long faccessat2(int folder, long address, int mode, int flags) {
    if ((mode & ~7) != 0
        || (flags & ~(AT_EACCESS | Paths.AT_SYMLINK_NOFOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    String path = paths.read(address);
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      OpenFile file = folder == Paths.AT_FDCWD ? null : files.descriptors().any(folder);
      Location location = file == null ? files.workingDirectory() : file.location();
      if (location == null) {
        return file != null && Paths.isAllowed(file.status(), mode) ? 0 : -Errno.EACCES;
      }
      return access(location, mode);
    }
    return access(paths.resolve(folder, path, (flags & Paths.AT_SYMLINK_NOFOLLOW) == 0), mode);
  }

  private static long access(Location location, int mode) {
    FileStatus status = location.node().status();
    boolean file =
        switch (status.kind()) {
          case REGULAR, DIRECTORY, SYMBOLIC_LINK -> true;
          case CHARACTER_DEVICE, PIPE, SOCKET, ANONYMOUS -> false;
        };
    if (file && (mode & Paths.WRITE) != 0) {
      Paths.requireContentsWritable(location.node());
    }
    return Paths.isAllowed(status, mode) ? 0 : -Errno.EACCES;
  }

  public long statfs(long path, long target) {
    return statfs(paths.resolve(Paths.AT_FDCWD, path, true), target);
  }

  private long statfs(Location location, long target) {
    Node node = location.node();
    FileStatus status = node.status();
    memory.write(
        target, StatLayout.statfs(type(location, status), status, node.space(), node.isWritable()));
    return 0;
  }

  private static long type(Location location, FileStatus status) {
    if (location.node() instanceof DescriptorNode) {
      return StatLayout.PIPEFS;
    }
    if (status.device() == PseudoNode.DEVICE) {
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

  public long fstatfs(int descriptor, long target) {
    OpenFile file = files.descriptors().any(descriptor);
    Location location = file.location();
    if (location == null) {
      memory.write(target, StatLayout.statfs(StatLayout.PIPEFS, file.status(), Space.NONE, true));
      return 0;
    }
    return statfs(location, target);
  }
}

package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How guests see what the host says of its files: kinds, permissions, errors. */
final class HostView {
  /** A lookup that follows no symbolic link and leaves neither root nor mount. */
  static final int CONFINED =
      FileCalls.RESOLVE_BENEATH
          | FileCalls.RESOLVE_NO_SYMLINKS
          | FileCalls.RESOLVE_NO_MAGICLINKS
          | FileCalls.RESOLVE_NO_XDEV;

  /**
   * Write permission, too, although nobody can write here: copies have it, and it is the mount that
   * says no. Not the bits that change users.
   */
  private static final int SHOWN_PERMISSIONS = 0777;

  private static final long LARGEST = 1L << 62;

  private HostView() {}

  /** The kind a mode stands for; null for those that do not exist here. */
  static @Nullable FileKind kind(HostFileStatus status) {
    for (FileKind kind : List.of(FileKind.REGULAR, FileKind.DIRECTORY, FileKind.SYMBOLIC_LINK)) {
      if (kind.mode() == status.kind()) {
        return kind;
      }
    }
    return null;
  }

  static FileStatus status(int device, HostFileStatus host, FileKind kind) {
    return new FileStatus(
        device,
        host.inode(),
        kind,
        host.mode() & SHOWN_PERMISSIONS,
        host.links(),
        Math.clamp(host.size(), 0, LARGEST),
        host.accessed(),
        host.modified(),
        host.changed(),
        0);
  }

  /** What the guest hears of an error of the host. */
  static int forGuest(int errno) {
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.ENAMETOOLONG, Errno.ENOMEM -> errno;
      // A link where a directory was a moment ago, a mount point, a file removed on a server, or
      // one that is being moved all the time: not there.
      case Errno.ELOOP, Errno.EXDEV, Errno.ESTALE, Errno.EAGAIN -> Errno.ENOENT;
      case Errno.EPERM -> Errno.EACCES;
      case Errno.EMFILE, Errno.ENFILE -> Errno.ENFILE;
      default -> Errno.EIO;
    };
  }
}

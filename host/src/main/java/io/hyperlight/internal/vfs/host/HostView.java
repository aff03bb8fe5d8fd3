package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translates what the host reports of its files for guests: kinds, permissions, errors. */
final class HostView {
  /**
   * The flags of a lookup that follows no symbolic link and leaves neither the root nor the mount.
   */
  static final int CONFINED =
      FileCalls.RESOLVE_BENEATH
          | FileCalls.RESOLVE_NO_SYMLINKS
          | FileCalls.RESOLVE_NO_MAGICLINKS
          | FileCalls.RESOLVE_NO_XDEV;

  /**
   * The permission bits that guests see. They include write permission, although guests cannot
   * write here: copies of the files keep it, and it is the mount that refuses writes. They exclude
   * the bits that change users.
   */
  private static final int SHOWN_PERMISSIONS = 0777;

  private static final long LARGEST = 1L << 62;

  private HostView() {}

  /** Returns the kind of a file; null for kinds that are invisible here. */
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

  /** Returns the error number that the guest gets for an error of the host. */
  static int forGuest(int errno) {
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.ENAMETOOLONG, Errno.ENOMEM -> errno;
      // The guest finds nothing: a link in place of a directory, a mount point, a file removed on
      // a server, a file that is moved all the time.
      case Errno.ELOOP, Errno.EXDEV, Errno.ESTALE, Errno.EAGAIN -> Errno.ENOENT;
      case Errno.EPERM -> Errno.EACCES;
      case Errno.EMFILE, Errno.ENFILE -> Errno.ENFILE;
      default -> Errno.EIO;
    };
  }
}

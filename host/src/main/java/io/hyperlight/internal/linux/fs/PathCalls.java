package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.fd.FileSizeLimit;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.Renaming;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes, removes, renames and links files, and reads symbolic links. Errors come in Linux's order.
 * An entry that exists already, or cannot be removed, is reported before a read-only file system.
 */
public final class PathCalls {
  private static final int S_IFMT = 0170000;
  private static final long AT_REMOVEDIR = 0x200;
  private static final long AT_SYMLINK_FOLLOW = 0x400;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int RENAME_WHITEOUT = 4;

  private final Paths paths;
  private final ProcessFiles files;
  private final GuestMemory memory;
  private final FileSizeLimit fileSize;
  private final Refusals refusals;

  public PathCalls(
      Paths paths,
      ProcessFiles files,
      GuestMemory memory,
      FileSizeLimit fileSize,
      Refusals refusals) {
    this.paths = paths;
    this.files = files;
    this.memory = memory;
    this.fileSize = fileSize;
    this.refusals = refusals;
  }

  public long rename(long oldPath, long path) {
    return renameat2(Paths.AT_FDCWD, oldPath, Paths.AT_FDCWD, path, 0);
  }

  public long mkdir(long path, int mode) {
    return mkdirat(Paths.AT_FDCWD, path, mode);
  }

  public long rmdir(long path) {
    return removeDirectory(Paths.AT_FDCWD, path);
  }

  public long link(long oldPath, long path) {
    return linkat(Paths.AT_FDCWD, oldPath, Paths.AT_FDCWD, path, 0);
  }

  public long unlink(long path) {
    return unlink(Paths.AT_FDCWD, path);
  }

  public long symlink(long target, long path) {
    return symlinkat(target, Paths.AT_FDCWD, path);
  }

  public long readlink(long path, long target, int size) {
    return readlinkat(Paths.AT_FDCWD, path, target, size);
  }

  public long mknod(long path, int mode, long device) {
    return mknodat(Paths.AT_FDCWD, path, mode, device);
  }

  /** Checks that an entry can be added, and is not there yet. */
  private void requireNew(PathEntry entry, boolean directory) {
    if (Paths.isDots(entry) || files.paths().child(entry.directory(), entry.name()) != null) {
      throw new FileException(Errno.EEXIST);
    }
    if (entry.directoryOnly() && !directory) {
      throw new FileException(Errno.ENOENT);
    }
    Paths.requireChangeable(entry.directory());
  }

  private int permissions(int mode) {
    return mode & 07777 & ~files.umask();
  }

  public long mkdirat(int folder, long path, int mode) {
    PathEntry entry = paths.parent(folder, path);
    requireNew(entry, true);
    entry.directory().node().createDirectory(entry.name(), permissions(mode & 01777));
    return 0;
  }

  /**
   * Makes a file. Devices need privileges and are refused, except the one without a number, which
   * needs none.
   */
  public long mknodat(int folder, long path, int mode, long device) {
    FileKind kind = kind(mode & S_IFMT);
    PathEntry entry = paths.parent(folder, path);
    requireNew(entry, false);
    if (kind == null || (kind == FileKind.CHARACTER_DEVICE && (int) device != 0)) {
      refusals.count("mknod");
      return -Errno.EPERM;
    }
    Node directory = entry.directory().node();
    int permissions = permissions(mode);
    if (kind == FileKind.REGULAR) {
      directory.createFile(entry.name(), permissions);
    } else {
      directory.createSpecial(entry.name(), kind, permissions);
    }
    return 0;
  }

  /** Returns the kind of a file, or null for block devices. */
  private static @Nullable FileKind kind(int bits) {
    return switch (bits) {
      case 0, 0100000 -> FileKind.REGULAR;
      case 0010000 -> FileKind.PIPE;
      case 0140000 -> FileKind.SOCKET;
      case 0020000 -> FileKind.CHARACTER_DEVICE;
      case 0060000 -> null;
      case 0040000 -> throw new FileException(Errno.EPERM);
      default -> throw new FileException(Errno.EINVAL);
    };
  }

  public long symlinkat(long target, int folder, long path) {
    String text = paths.read(target);
    if (text.isEmpty()) {
      return -Errno.ENOENT;
    }
    PathEntry entry = paths.parent(folder, path);
    requireNew(entry, false);
    entry.directory().node().createSymbolicLink(entry.name(), text);
    return 0;
  }

  public long linkat(int oldFolder, long oldPath, int folder, long path, int flags) {
    if ((flags & ~(AT_SYMLINK_FOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    Location existing = existing(oldFolder, oldPath, flags);
    PathEntry entry = paths.parent(folder, path);
    FileStatus status = existing.node().status();
    if (Paths.isDots(entry) || files.paths().child(entry.directory(), entry.name()) != null) {
      return -Errno.EEXIST;
    }
    if (entry.directoryOnly() || entry.directory().node().status().links() == 0) {
      return -Errno.ENOENT;
    }
    if (status.device() != entry.directory().node().status().device()) {
      return -Errno.EXDEV;
    }
    requireNew(entry, false);
    if (status.kind() == FileKind.DIRECTORY) {
      return -Errno.EPERM;
    }
    entry.directory().node().link(entry.name(), existing.node());
    return 0;
  }

  /**
   * Returns the file that gets another name. With an empty path, if that is allowed, it is the
   * descriptor's own file.
   */
  private Location existing(int folder, long address, int flags) {
    String path = paths.read(address);
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      if (folder == Paths.AT_FDCWD) {
        return files.workingDirectory();
      }
      Location location = files.descriptors().any(folder).location();
      if (location == null) {
        throw new FileException(Errno.EXDEV); // a pipe
      }
      return location;
    }
    return paths.resolve(folder, path, (flags & AT_SYMLINK_FOLLOW) != 0);
  }

  public long unlinkat(int folder, long path, int flags) {
    if ((flags & ~AT_REMOVEDIR) != 0) {
      return -Errno.EINVAL;
    }
    return flags == 0 ? unlink(folder, path) : removeDirectory(folder, path);
  }

  private long unlink(int folder, long path) {
    PathEntry entry = paths.parent(folder, path);
    if (Paths.isDots(entry)) {
      return -Errno.EISDIR;
    }
    Location found = removable(entry);
    boolean directory = Paths.isKind(found, FileKind.DIRECTORY);
    if (entry.directoryOnly()) {
      return directory ? -Errno.EISDIR : -Errno.ENOTDIR;
    }
    Paths.requireAllowed(entry.directory(), Paths.WRITE | Paths.EXECUTE);
    if (directory) {
      return -Errno.EISDIR;
    }
    requireNoMountPoint(entry);
    entry.directory().node().unlink(entry.name());
    files.world().removed(found);
    return 0;
  }

  private Location removable(PathEntry entry) {
    Paths.requireWritable(entry.directory().node());
    Location found = files.paths().child(entry.directory(), entry.name());
    if (found == null) {
      throw new FileException(Errno.ENOENT);
    }
    return found;
  }

  private void requireNoMountPoint(PathEntry entry) {
    if (files.fileSystem().isMountPoint(entry.directory(), entry.name())) {
      throw new FileException(Errno.EBUSY);
    }
  }

  private long removeDirectory(int folder, long address) {
    String path = paths.read(address);
    PathEntry entry = files.paths().resolveParent(paths.base(folder, path), path);
    if (path.chars().allMatch(c -> c == '/')) {
      return -Errno.EBUSY;
    }
    if (entry.name().equals("..")) {
      return -Errno.ENOTEMPTY;
    }
    if (entry.name().equals(".")) {
      return -Errno.EINVAL;
    }
    Location found = removable(entry);
    Paths.requireAllowed(entry.directory(), Paths.WRITE | Paths.EXECUTE);
    if (!Paths.isKind(found, FileKind.DIRECTORY)) {
      return -Errno.ENOTDIR;
    }
    requireNoMountPoint(entry);
    entry.directory().node().removeDirectory(entry.name());
    files.world().removed(found);
    return 0;
  }

  public long renameat2(int oldFolder, long oldPath, int folder, long path, int flags) {
    Renaming how = renaming(flags);
    boolean exchange = how == Renaming.EXCHANGE;
    boolean replace = (flags & RENAME_NOREPLACE) == 0;
    PathEntry from = paths.parent(oldFolder, oldPath);
    PathEntry to = paths.parent(folder, path);
    Node source = from.directory().node();
    Node target = to.directory().node();
    if (source.status().device() != target.status().device()) {
      return -Errno.EXDEV;
    }
    if (Paths.isDots(from)) {
      return -Errno.EBUSY;
    }
    if (Paths.isDots(to)) {
      return replace ? -Errno.EBUSY : -Errno.EEXIST;
    }
    Location moved = removable(from);
    Location replaced = files.paths().child(to.directory(), to.name());
    if (!replace && replaced != null) {
      return -Errno.EEXIST;
    }
    if (exchange && replaced == null) {
      return -Errno.ENOENT;
    }
    boolean directory = Paths.isKind(moved, FileKind.DIRECTORY);
    boolean overDirectory = replaced != null && Paths.isKind(replaced, FileKind.DIRECTORY);
    if (!directory && (from.directoryOnly() || (to.directoryOnly() && !exchange))) {
      return -Errno.ENOTDIR;
    }
    if (exchange && to.directoryOnly() && !overDirectory) {
      return -Errno.ENOTDIR;
    }
    if (directory && to.directory().isAtOrBelow(moved.node())) {
      return -Errno.EINVAL;
    }
    if (overDirectory && replaced != null && from.directory().isAtOrBelow(replaced.node())) {
      return exchange ? -Errno.EINVAL : -Errno.ENOTEMPTY;
    }
    if (replaced != null && replaced.node().equals(moved.node())) {
      return 0;
    }
    Paths.requireChangeable(from.directory());
    Paths.requireChangeable(to.directory());
    // A move changes what ".." of a directory is.
    if (!source.equals(target)) {
      if (directory && (exchange || replaced == null || overDirectory)) {
        Paths.requireAllowed(moved, Paths.WRITE);
      }
      if (exchange && overDirectory && replaced != null) {
        Paths.requireAllowed(replaced, Paths.WRITE);
      }
    }
    requireNoMountPoint(from);
    requireNoMountPoint(to);
    Location then = new Location(to.directory(), to.name(), moved.node());
    WorldFiles.Following following = files.world().following(moved, then);
    if (exchange && replaced != null) {
      Location back = new Location(from.directory(), from.name(), replaced.node());
      WorldFiles.Following other = files.world().following(replaced, back);
      source.rename(from.name(), target, to.name(), how);
      following.follow();
      other.follow();
      return 0;
    }
    source.rename(from.name(), target, to.name(), how);
    if (replaced != null) {
      files.world().removed(replaced);
    }
    following.follow();
    return 0;
  }

  private static Renaming renaming(int flags) {
    return switch (flags) {
      case 0 -> Renaming.REPLACE;
      case RENAME_NOREPLACE -> Renaming.NO_REPLACE;
      case RENAME_EXCHANGE -> Renaming.EXCHANGE;
      case RENAME_WHITEOUT -> Renaming.WHITEOUT;
      case RENAME_WHITEOUT | RENAME_NOREPLACE -> Renaming.WHITEOUT_NO_REPLACE;
      default -> throw new FileException(Errno.EINVAL);
    };
  }

  public long readlinkat(int folder, long address, long target, int size) {
    if (size <= 0) {
      return -Errno.EINVAL;
    }
    byte[] text = linkText(folder, address).getBytes(StandardCharsets.ISO_8859_1);
    byte[] cut = Arrays.copyOf(text, Math.min(size, text.length));
    memory.write(target, cut);
    return cut.length;
  }

  private String linkText(int folder, long address) {
    String path = paths.read(address);
    if (path.isEmpty() && folder != Paths.AT_FDCWD) {
      // A symbolic link that was itself opened.
      Location location = files.descriptors().any(folder).location();
      if (location == null || !Paths.isKind(location, FileKind.SYMBOLIC_LINK)) {
        throw new FileException(Errno.ENOENT);
      }
      return location.node().target();
    }
    Location base = paths.base(folder, path);
    return files.paths().resolve(base, path, false).node().target();
  }

  public long truncate(long path, long size) {
    if (size < 0) {
      return -Errno.EINVAL;
    }
    Location location = paths.resolve(Paths.AT_FDCWD, path, true);
    FileKind kind = location.node().status().kind();
    if (kind != FileKind.REGULAR) {
      return kind == FileKind.DIRECTORY ? -Errno.EISDIR : -Errno.EINVAL;
    }
    Paths.requireContentsWritable(location.node());
    Paths.requireAllowed(location, Paths.WRITE);
    try (FileContent content = location.node().open(true)) {
      fileSize.require(size, content.status().size());
      content.truncate(size);
    }
    return 0;
  }
}

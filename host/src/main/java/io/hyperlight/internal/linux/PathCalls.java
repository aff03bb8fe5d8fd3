package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.PathResolver;
import io.hyperlight.internal.vfs.Renaming;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What makes, removes, renames and links files, and what symbolic links say. Errors come in Linux's
 * order: that something is there already, or cannot be removed, before that the file system cannot
 * be written.
 */
final class PathCalls {
  private static final int S_IFMT = 0170000;
  private static final long AT_REMOVEDIR = 0x200;
  private static final long AT_SYMLINK_FOLLOW = 0x400;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int RENAME_WHITEOUT = 4;

  private PathCalls() {}

  static void register(SystemCallTable table) {
    int here = Paths.AT_FDCWD;
    table.on(76, (guest, a, b, c, d, e, f) -> truncate(guest, a, b));
    table.on(82, (guest, a, b, c, d, e, f) -> rename(guest, here, a, here, b, 0));
    table.on(83, (guest, a, b, c, d, e, f) -> makeDirectory(guest, here, a, b));
    table.on(84, (guest, a, b, c, d, e, f) -> removeDirectory(guest, here, a));
    table.on(86, (guest, a, b, c, d, e, f) -> link(guest, here, a, here, b, 0));
    table.on(87, (guest, a, b, c, d, e, f) -> unlink(guest, here, a));
    table.on(88, (guest, a, b, c, d, e, f) -> makeLink(guest, a, here, b));
    table.on(89, (guest, a, b, c, d, e, f) -> readLink(guest, here, a, b, c));
    table.on(133, (guest, a, b, c, d, e, f) -> makeNode(guest, here, a, b, c));
    table.on(258, (guest, a, b, c, d, e, f) -> makeDirectory(guest, a, b, c));
    table.on(259, (guest, a, b, c, d, e, f) -> makeNode(guest, a, b, c, d));
    table.on(263, (guest, a, b, c, d, e, f) -> unlinkAt(guest, a, b, c));
    table.on(264, (guest, a, b, c, d, e, f) -> rename(guest, a, b, c, d, 0));
    table.on(265, (guest, a, b, c, d, e, f) -> link(guest, a, b, c, d, (int) e));
    table.on(266, (guest, a, b, c, d, e, f) -> makeLink(guest, a, b, c));
    table.on(267, (guest, a, b, c, d, e, f) -> readLink(guest, a, b, c, d));
    table.on(316, (guest, a, b, c, d, e, f) -> rename(guest, a, b, c, d, (int) e));
  }

  private static PathResolver paths(SystemCalls guest) {
    return guest.files().paths();
  }

  /** Makes sure that there can be an entry which is not there yet. */
  private static void requireNew(SystemCalls guest, PathEntry entry, boolean directory) {
    if (Paths.isDots(entry) || paths(guest).child(entry.directory(), entry.name()) != null) {
      throw new FileException(Errno.EEXIST);
    }
    if (entry.directoryOnly() && !directory) {
      throw new FileException(Errno.ENOENT);
    }
    Paths.requireChangeable(entry.directory());
  }

  private static int permissions(SystemCalls guest, long mode) {
    return (int) mode & 07777 & ~guest.files().umask();
  }

  private static long makeDirectory(SystemCalls guest, long folder, long path, long mode) {
    PathEntry entry = Paths.parent(guest, folder, path);
    requireNew(guest, entry, true);
    entry.directory().node().createDirectory(entry.name(), permissions(guest, mode & 01777));
    return 0;
  }

  /** No devices, which need privileges, but the one without a number, which needs none. */
  private static long makeNode(SystemCalls guest, long folder, long path, long mode, long device) {
    FileKind kind = kind((int) mode & S_IFMT);
    PathEntry entry = Paths.parent(guest, folder, path);
    requireNew(guest, entry, false);
    if (kind == null || (kind == FileKind.CHARACTER_DEVICE && (int) device != 0)) {
      guest.refused(133);
      return -Errno.EPERM;
    }
    Node directory = entry.directory().node();
    int permissions = permissions(guest, mode);
    if (kind == FileKind.REGULAR) {
      directory.createFile(entry.name(), permissions);
    } else {
      directory.createSpecial(entry.name(), kind, permissions);
    }
    return 0;
  }

  /** Null for block devices. */
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

  private static long makeLink(SystemCalls guest, long target, long folder, long path) {
    String text = Paths.read(guest, target);
    if (text.isEmpty()) {
      return -Errno.ENOENT;
    }
    PathEntry entry = Paths.parent(guest, folder, path);
    requireNew(guest, entry, false);
    entry.directory().node().createSymbolicLink(entry.name(), text);
    return 0;
  }

  private static long link(
      SystemCalls guest, long oldFolder, long oldPath, long folder, long path, int flags) {
    if ((flags & ~(AT_SYMLINK_FOLLOW | Paths.AT_EMPTY_PATH)) != 0) {
      return -Errno.EINVAL;
    }
    Location existing = existing(guest, oldFolder, oldPath, flags);
    PathEntry entry = Paths.parent(guest, folder, path);
    FileStatus status = existing.node().status();
    if (Paths.isDots(entry) || paths(guest).child(entry.directory(), entry.name()) != null) {
      return -Errno.EEXIST;
    }
    if (entry.directoryOnly() || entry.directory().node().status().links() == 0) {
      return -Errno.ENOENT;
    }
    if (status.device() != entry.directory().node().status().device()) {
      return -Errno.EXDEV;
    }
    requireNew(guest, entry, false);
    if (status.kind() == FileKind.DIRECTORY) {
      return -Errno.EPERM;
    }
    entry.directory().node().link(entry.name(), existing.node());
    return 0;
  }

  /** What is to get another name: of a descriptor itself, if its path is empty and may be. */
  private static Location existing(SystemCalls guest, long folder, long address, int flags) {
    String path = Paths.read(guest, address);
    if (path.isEmpty() && (flags & Paths.AT_EMPTY_PATH) != 0) {
      if ((int) folder == Paths.AT_FDCWD) {
        return guest.files().workingDirectory();
      }
      Location location = guest.files().descriptors().any(folder).location();
      if (location == null) {
        throw new FileException(Errno.EXDEV); // a pipe
      }
      return location;
    }
    return Paths.resolve(guest, folder, path, (flags & AT_SYMLINK_FOLLOW) != 0);
  }

  private static long unlinkAt(SystemCalls guest, long folder, long path, long flagBits) {
    int flags = (int) flagBits;
    if ((flags & ~AT_REMOVEDIR) != 0) {
      return -Errno.EINVAL;
    }
    return flags == 0 ? unlink(guest, folder, path) : removeDirectory(guest, folder, path);
  }

  private static long unlink(SystemCalls guest, long folder, long path) {
    PathEntry entry = Paths.parent(guest, folder, path);
    if (Paths.isDots(entry)) {
      return -Errno.EISDIR;
    }
    Location found = removable(guest, entry);
    boolean directory = Paths.isKind(found, FileKind.DIRECTORY);
    if (entry.directoryOnly()) {
      return directory ? -Errno.EISDIR : -Errno.ENOTDIR;
    }
    Paths.requireAllowed(entry.directory(), Paths.WRITE | Paths.EXECUTE);
    if (directory) {
      return -Errno.EISDIR;
    }
    requireNoMountPoint(guest, entry);
    entry.directory().node().unlink(entry.name());
    guest.files().removed(found);
    return 0;
  }

  private static Location removable(SystemCalls guest, PathEntry entry) {
    Paths.requireWritable(entry.directory().node());
    Location found = paths(guest).child(entry.directory(), entry.name());
    if (found == null) {
      throw new FileException(Errno.ENOENT);
    }
    return found;
  }

  private static void requireNoMountPoint(SystemCalls guest, PathEntry entry) {
    if (guest.files().fileSystem().isMountPoint(entry.directory(), entry.name())) {
      throw new FileException(Errno.EBUSY);
    }
  }

  private static long removeDirectory(SystemCalls guest, long folder, long address) {
    String path = Paths.read(guest, address);
    PathEntry entry = paths(guest).resolveParent(Paths.base(guest, folder, path), path);
    if (path.chars().allMatch(c -> c == '/')) {
      return -Errno.EBUSY;
    }
    if (entry.name().equals("..")) {
      return -Errno.ENOTEMPTY;
    }
    if (entry.name().equals(".")) {
      return -Errno.EINVAL;
    }
    Location found = removable(guest, entry);
    Paths.requireAllowed(entry.directory(), Paths.WRITE | Paths.EXECUTE);
    if (!Paths.isKind(found, FileKind.DIRECTORY)) {
      return -Errno.ENOTDIR;
    }
    requireNoMountPoint(guest, entry);
    entry.directory().node().removeDirectory(entry.name());
    guest.files().removed(found);
    return 0;
  }

  private static long rename(
      SystemCalls guest, long oldFolder, long oldPath, long folder, long path, int flags) {
    Renaming how = renaming(flags);
    boolean exchange = how == Renaming.EXCHANGE;
    boolean replace = (flags & RENAME_NOREPLACE) == 0;
    PathEntry from = Paths.parent(guest, oldFolder, oldPath);
    PathEntry to = Paths.parent(guest, folder, path);
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
    Location moved = removable(guest, from);
    Location replaced = paths(guest).child(to.directory(), to.name());
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
    // Moving a directory changes what its ".." is.
    if (!source.equals(target)) {
      if (directory && (exchange || replaced == null || overDirectory)) {
        Paths.requireAllowed(moved, Paths.WRITE);
      }
      if (exchange && overDirectory && replaced != null) {
        Paths.requireAllowed(replaced, Paths.WRITE);
      }
    }
    requireNoMountPoint(guest, from);
    requireNoMountPoint(guest, to);
    Location then = new Location(to.directory(), to.name(), moved.node());
    ProcessFiles.Following following = guest.files().following(moved, then);
    if (exchange && replaced != null) {
      Location back = new Location(from.directory(), from.name(), replaced.node());
      ProcessFiles.Following other = guest.files().following(replaced, back);
      source.rename(from.name(), target, to.name(), how);
      following.follow();
      other.follow();
      return 0;
    }
    source.rename(from.name(), target, to.name(), how);
    if (replaced != null) {
      guest.files().removed(replaced);
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

  private static long readLink(
      SystemCalls guest, long folder, long address, long target, long sizeBits) {
    int size = (int) sizeBits;
    if (size <= 0) {
      return -Errno.EINVAL;
    }
    byte[] text = linkText(guest, folder, address).getBytes(StandardCharsets.ISO_8859_1);
    byte[] cut = Arrays.copyOf(text, Math.min(size, text.length));
    guest.mem().write(target, cut);
    return cut.length;
  }

  private static String linkText(SystemCalls guest, long folder, long address) {
    String path = Paths.read(guest, address);
    if (path.isEmpty() && (int) folder != Paths.AT_FDCWD) {
      // A link that was opened itself.
      Location location = guest.files().descriptors().any(folder).location();
      if (location == null || !Paths.isKind(location, FileKind.SYMBOLIC_LINK)) {
        throw new FileException(Errno.ENOENT);
      }
      return location.node().target();
    }
    Location base = Paths.base(guest, folder, path);
    return paths(guest).resolve(base, path, false).node().target();
  }

  private static long truncate(SystemCalls guest, long path, long size) {
    if (size < 0) {
      return -Errno.EINVAL;
    }
    Location location = Paths.resolve(guest, Paths.AT_FDCWD, path, true);
    FileKind kind = location.node().status().kind();
    if (kind != FileKind.REGULAR) {
      return kind == FileKind.DIRECTORY ? -Errno.EISDIR : -Errno.EINVAL;
    }
    Paths.requireContentsWritable(location.node());
    Paths.requireAllowed(location, Paths.WRITE);
    try (FileContent content = location.node().open(true)) {
      guest.files().changes().fileSize().require(size, content.status().size());
      content.truncate(size);
    }
    return 0;
  }
}

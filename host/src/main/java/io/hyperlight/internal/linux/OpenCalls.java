package io.hyperlight.internal.linux;

import static io.hyperlight.internal.linux.OpenFlags.O_CREAT;
import static io.hyperlight.internal.linux.OpenFlags.O_DIRECTORY;
import static io.hyperlight.internal.linux.OpenFlags.O_EXCL;
import static io.hyperlight.internal.linux.OpenFlags.O_NOFOLLOW;
import static io.hyperlight.internal.linux.OpenFlags.O_PATH;
import static io.hyperlight.internal.linux.OpenFlags.O_TMPFILE;
import static io.hyperlight.internal.linux.OpenFlags.O_TRUNC;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.PathResolver;

/** {@code open(2)} and its relatives. */
final class OpenCalls {
  private static final int MOST_LINKS = 40;

  private static final int O_NOCTTY = 0x100;

  /** What {@code F_GETFL} does not tell. */
  private static final int AT_OPENING_ONLY =
      O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | OpenFlags.O_CLOEXEC;

  private static final int KNOWN = 0x3f_ffc3 & ~AT_OPENING_ONLY;

  private OpenCalls() {}

  static void register(SystemCallTable table) {
    table.on(2, (guest, a, b, c, d, e, f) -> open(guest, Paths.AT_FDCWD, a, (int) b, c));
    table.on(257, (guest, a, b, c, d, e, f) -> open(guest, a, b, (int) c, d));
    table.on(
        85,
        (guest, a, b, c, d, e, f) ->
            open(guest, Paths.AT_FDCWD, a, O_CREAT | O_TRUNC | OpenFlags.O_WRONLY, b));
  }

  private static long open(SystemCalls guest, long folder, long path, int given, long mode) {
    int flags = effective(given);
    String name = Paths.read(guest, path);
    guest.files().descriptors().requireRoom(1);
    Location base = Paths.base(guest, folder, name);
    if ((flags & O_CREAT) != 0) {
      return openOrCreate(guest, base, name, flags, (int) mode);
    }
    PathResolver paths = guest.files().paths();
    Location location = paths.resolve(base, name, (flags & O_NOFOLLOW) == 0);
    return open(guest, location, flags, (int) mode);
  }

  private static int effective(int flags) {
    if ((flags & O_PATH) != 0) {
      return flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | OpenFlags.O_CLOEXEC);
    }
    boolean unnamed = (flags & O_TMPFILE) != 0;
    boolean directory = (flags & O_DIRECTORY) != 0;
    if ((unnamed && (!directory || !OpenFlags.writes(flags)))
        || ((flags & O_CREAT) != 0 && directory)) {
      throw new FileException(Errno.EINVAL);
    }
    return flags | OpenFlags.O_LARGEFILE;
  }

  /** Follows symbolic links itself: what the last one names may not be there yet. */
  private static long openOrCreate(
      SystemCalls guest, Location start, String path, int flags, int mode) {
    PathResolver paths = guest.files().paths();
    Location base = start;
    String rest = path;
    for (int links = 0; links <= MOST_LINKS; links++) {
      PathEntry entry = paths.resolveParent(base, rest);
      if (Paths.isDots(entry) || entry.directoryOnly()) {
        throw new FileException(
            (flags & O_EXCL) != 0 && Paths.isDots(entry) ? Errno.EEXIST : Errno.EISDIR);
      }
      Location found = paths.child(entry.directory(), entry.name());
      if (found == null) {
        return create(guest, entry, flags, mode);
      }
      if ((flags & O_EXCL) != 0) {
        throw new FileException(Errno.EEXIST);
      }
      boolean follows = (flags & O_NOFOLLOW) == 0 && Paths.isKind(found, FileKind.SYMBOLIC_LINK);
      Location destination = follows ? found.node().destination() : found;
      if (destination != null) {
        return open(guest, destination, flags, mode);
      }
      base = entry.directory();
      rest = found.node().target();
    }
    throw new FileException(Errno.ELOOP);
  }

  /** A file that was made just now can be opened whatever its permissions are. */
  private static long create(SystemCalls guest, PathEntry entry, int flags, int mode) {
    Paths.requireChangeable(entry.directory());
    int permissions = mode & 07777 & ~guest.files().umask();
    Node node = entry.directory().node().createFile(entry.name(), permissions);
    Location location = new Location(entry.directory(), entry.name(), node);
    return add(guest, contentFile(guest, location, flags & ~O_TRUNC), flags);
  }

  /** What has no name, but can get one by {@code linkat(2)} unless {@code O_EXCL} says not. */
  private static long createUnnamed(SystemCalls guest, Location directory, int flags, int mode) {
    Paths.requireWritable(directory.node());
    Paths.requireAllowed(directory, Paths.WRITE | Paths.EXECUTE);
    int permissions = mode & 07777 & ~guest.files().umask();
    Node node = directory.node().createUnnamed(permissions, (flags & O_EXCL) == 0);
    Location location = new Location(directory, "#" + node.status().inode(), node).removed();
    return add(guest, contentFile(guest, location, flags & ~O_TRUNC), flags);
  }

  private static long open(SystemCalls guest, Location location, int flags, int mode) {
    Node node = location.node();
    FileStatus status = node.status();
    boolean directory = status.kind() == FileKind.DIRECTORY;
    if (directory && (flags & O_CREAT) != 0) {
      throw new FileException(Errno.EISDIR);
    }
    if (!directory && (flags & O_DIRECTORY) != 0) {
      throw new FileException(Errno.ENOTDIR);
    }
    if ((flags & O_PATH) != 0) {
      if (node instanceof DescriptorNode) {
        throw new FileException(Errno.ENXIO); // it is no place that a snapshot could keep
      }
      return add(guest, new PathFile(guest.files().changes(), known(flags), location), flags);
    }
    if (status.kind() == FileKind.SYMBOLIC_LINK) {
      throw new FileException(Errno.ELOOP);
    }
    if (directory && (flags & O_TMPFILE) != 0) {
      return createUnnamed(guest, location, flags, mode);
    }
    boolean writes = OpenFlags.writes(flags) || (flags & O_TRUNC) != 0;
    if (directory && writes) {
      throw new FileException(Errno.EISDIR);
    }
    if (writes && status.kind() == FileKind.REGULAR) {
      Paths.requireContentsWritable(node);
    }
    int wanted = (OpenFlags.reads(flags) ? Paths.READ : 0) | (writes ? Paths.WRITE : 0);
    if (!Paths.isAllowed(status, wanted)) {
      throw new FileException(Errno.EACCES);
    }
    if (node instanceof DescriptorNode other) {
      return add(guest, other.file(), flags);
    }
    if (status.kind() == FileKind.SOCKET) {
      throw new FileException(Errno.ENXIO); // it is for connect(2)
    }
    if (status.kind() == FileKind.PIPE) {
      OpenFile fifo = guest.files().fifos().open(guest.files(), location, known(flags));
      return fifo == null
          ? guest.stuck("waits for somebody to open the other end of a FIFO (open)")
          : add(guest, fifo, flags);
    }
    return add(
        guest,
        directory
            ? new DirectoryFile(guest.files().changes(), known(flags), location, null, 0, null)
            : contentFile(guest, location, flags),
        flags);
  }

  private static OpenFile contentFile(SystemCalls guest, Location location, int flags) {
    boolean cut = (flags & O_TRUNC) != 0;
    FileContent content = location.node().open(OpenFlags.writes(flags) || cut);
    OpenFile file = ContentFile.of(guest.files().changes(), known(flags), content, location, 0);
    if (cut && ((ContentFile) file).isRegular()) {
      try {
        content.truncate(0);
      } catch (Throwable t) {
        content.close();
        throw t;
      }
    }
    return file;
  }

  private static int known(int flags) {
    return flags & KNOWN;
  }

  private static long add(SystemCalls guest, OpenFile file, int flags) {
    try {
      guest.heap().require(file.heapBytes());
    } catch (Throwable t) {
      if (file.isUnused()) {
        file.free();
      }
      throw t;
    }
    // There is a number: that was made sure of before.
    return guest.files().descriptors().add(file, 0, (flags & OpenFlags.O_CLOEXEC) != 0);
  }
}

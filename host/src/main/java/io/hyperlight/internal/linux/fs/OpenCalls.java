package io.hyperlight.internal.linux.fs;

import static io.hyperlight.internal.linux.fd.OpenFlags.O_CREAT;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_DIRECTORY;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_EXCL;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_NOFOLLOW;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_PATH;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_TMPFILE;
import static io.hyperlight.internal.linux.fd.OpenFlags.O_TRUNC;

import io.hyperlight.internal.linux.fd.ContentFile;
import io.hyperlight.internal.linux.fd.DescriptorNode;
import io.hyperlight.internal.linux.fd.DirectoryFile;
import io.hyperlight.internal.linux.fd.OpenFile;
import io.hyperlight.internal.linux.fd.OpenFlags;
import io.hyperlight.internal.linux.fd.PathFile;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;

/** Opens files: {@code open(2)} and its relatives. */
public final class OpenCalls {
  private static final int MAX_LINKS = 40;

  private static final int O_NOCTTY = 0x100;

  /** Flags that {@code F_GETFL} does not report. */
  private static final int AT_OPENING_ONLY =
      O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | OpenFlags.O_CLOEXEC;

  private static final int KNOWN = 0x3f_ffc3 & ~AT_OPENING_ONLY;

  private final Paths paths;
  private final ProcessFiles files;
  private final HeapBudget heap;
  private final TaskWait waiting;

  public OpenCalls(Paths paths, ProcessFiles files, HeapBudget heap, TaskWait waiting) {
    this.paths = paths;
    this.files = files;
    this.heap = heap;
    this.waiting = waiting;
  }

  public long open(long path, int flags, int mode) {
    return openat(Paths.AT_FDCWD, path, flags, mode);
  }

  public long creat(long path, int mode) {
    return openat(Paths.AT_FDCWD, path, O_CREAT | O_TRUNC | OpenFlags.O_WRONLY, mode);
  }

  public long openat(int folder, long path, int given, int mode) {
    int flags = effective(given);
    if (files.world().fifos().isOpening(waiting)) {
      return add(files.world().fifos().opened(waiting), flags);
    }
    String name = paths.read(path);
    files.descriptors().requireRoom(1);
    Location base = paths.base(folder, name);
    if ((flags & O_CREAT) != 0) {
      return openOrCreate(base, name, flags, mode);
    }
    Location location = files.paths().resolve(base, name, (flags & O_NOFOLLOW) == 0);
    return open(location, flags, mode);
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

  /**
   * Opens or creates a file. Follows symbolic links itself, because the target of the last one may
   * not exist yet.
   */
  private long openOrCreate(Location start, String path, int flags, int mode) {
    Location base = start;
    String rest = path;
    for (int links = 0; links <= MAX_LINKS; links++) {
      PathEntry entry = files.paths().resolveParent(base, rest);
      if (Paths.isDots(entry) || entry.directoryOnly()) {
        throw new FileException(
            (flags & O_EXCL) != 0 && Paths.isDots(entry) ? Errno.EEXIST : Errno.EISDIR);
      }
      Location found = files.paths().child(entry.directory(), entry.name());
      if (found == null) {
        return create(entry, flags, mode);
      }
      if ((flags & O_EXCL) != 0) {
        throw new FileException(Errno.EEXIST);
      }
      boolean follows = (flags & O_NOFOLLOW) == 0 && Paths.isKind(found, FileKind.SYMBOLIC_LINK);
      Location destination = follows ? found.node().destination() : found;
      if (destination != null) {
        return open(destination, flags, mode);
      }
      base = entry.directory();
      rest = found.node().target();
    }
    throw new FileException(Errno.ELOOP);
  }

  /** Creates a file and opens it. A new file can be opened whatever its permissions are. */
  private long create(PathEntry entry, int flags, int mode) {
    Paths.requireChangeable(entry.directory());
    int permissions = mode & 07777 & ~files.umask();
    Node node = entry.directory().node().createFile(entry.name(), permissions);
    Location location = new Location(entry.directory(), entry.name(), node);
    return add(contentFile(location, flags & ~O_TRUNC), flags);
  }

  /**
   * Creates a file without a name. {@code linkat(2)} can name it later, unless {@code O_EXCL} is
   * set.
   */
  private long createUnnamed(Location directory, int flags, int mode) {
    Paths.requireWritable(directory.node());
    Paths.requireAllowed(directory, Paths.WRITE | Paths.EXECUTE);
    int permissions = mode & 07777 & ~files.umask();
    Node node = directory.node().createUnnamed(permissions, (flags & O_EXCL) == 0);
    Location location = new Location(directory, "#" + node.status().inode(), node).removed();
    return add(contentFile(location, flags & ~O_TRUNC), flags);
  }

  private long open(Location location, int flags, int mode) {
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
        throw new FileException(Errno.ENXIO); // a snapshot could not keep this location
      }
      return add(new PathFile(files.world().changes(), known(flags), location), flags);
    }
    if (status.kind() == FileKind.SYMBOLIC_LINK) {
      throw new FileException(Errno.ELOOP);
    }
    if (directory && (flags & O_TMPFILE) != 0) {
      return createUnnamed(location, flags, mode);
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
    if (status.kind() == FileKind.ANONYMOUS) {
      throw new FileException(Errno.EACCES); // they belong to another user
    }
    if (status.kind() == FileKind.SOCKET) {
      throw new FileException(Errno.ENXIO); // sockets are opened with connect(2)
    }
    if (node instanceof DescriptorNode other) {
      return add(other.file(), flags);
    }
    if (status.kind() == FileKind.PIPE) {
      WorldFiles world = files.world();
      return add(world.fifos().open(world, location, known(flags), waiting), flags);
    }
    return add(
        directory
            ? new DirectoryFile(files.world().changes(), known(flags), location, null, 0, null)
            : contentFile(location, flags),
        flags);
  }

  private OpenFile contentFile(Location location, int flags) {
    boolean cut = (flags & O_TRUNC) != 0;
    FileContent content = location.node().open(OpenFlags.writes(flags) || cut);
    OpenFile file = ContentFile.of(files.world().changes(), known(flags), content, location, 0);
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

  private long add(OpenFile file, int flags) {
    try {
      heap.require(file.heapBytes());
    } catch (Throwable t) {
      if (file.isUnused()) {
        file.free();
      }
      throw t;
    }
    // A free number exists: this was checked before.
    return files.descriptors().add(file, 0, (flags & OpenFlags.O_CLOEXEC) != 0);
  }
}

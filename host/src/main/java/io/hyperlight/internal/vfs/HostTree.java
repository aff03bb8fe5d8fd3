package io.hyperlight.internal.vfs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.os.Posix;
import io.hyperlight.internal.os.SystemCallException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory or file of the host as one file system sees it.
 *
 * <p><b>Boundary.</b> Names come from the guest, and whoever can write the directory may be its
 * accomplice. So nothing here is checked first and used afterwards. Each access looks its path up
 * with {@code openat2} from the root's descriptor, in one step that follows no symbolic link and
 * leaves neither root nor mount, for a descriptor that can do nothing yet ({@code O_PATH}). What
 * that descriptor refers to cannot change any more: its kind is looked at, and only a regular file
 * is opened through it. Devices, pipes and sockets, and what is mounted below the root, do not
 * exist.
 */
final class HostTree implements Tree {
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

  /** How often a lookup is repeated that a rename on the host interfered with. */
  private static final int ATTEMPTS = 16;

  private final int device;
  private final HostSource source;
  private final HostSource.HostRoot root;
  private final Checkpoint checkpoint;
  private boolean closed;

  /**
   * Opens the source, if nobody has.
   *
   * @param device its number in the file system
   * @param checkpoint for loops whose length the guest chooses
   * @throws SystemCallException if it cannot be opened
   */
  HostTree(int device, HostSource source, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.device = device;
    this.source = source;
    this.root = source.retain();
  }

  @Override
  public Node root() {
    return new HostNode(this, "", root.kind());
  }

  int device() {
    return device;
  }

  @Override
  public @Nullable MemoryState freeze() {
    return null;
  }

  @Override
  public void restore(@Nullable MemoryState earlier) {}

  @Override
  public void forgetHolds() {}

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      source.release();
    }
  }

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

  FileStatus status(String path) {
    return at(
        path,
        descriptor -> {
          HostFileStatus host = FileCalls.fstat(descriptor);
          FileKind kind = kind(host);
          if (kind == null) {
            throw new FileException(Errno.ENOENT);
          }
          return status(device, host, kind);
        });
  }

  /** The kind of what has a path; null if there is nothing. */
  @Nullable FileKind find(String path) {
    int descriptor = open(path, FileCalls.O_PATH);
    if (descriptor == -Errno.ENOENT) {
      return null;
    }
    return use(descriptor, opened -> kind(FileCalls.fstat(opened)));
  }

  String target(String path) {
    return at(path, descriptor -> new String(FileCalls.readlink(descriptor), ISO_8859_1));
  }

  FileContent openFile(String path) {
    return at(
        path,
        descriptor -> {
          HostFileStatus found = FileCalls.fstat(descriptor);
          if (found.kind() != FileKind.REGULAR.mode()) {
            throw new FileException(
                found.kind() == FileKind.DIRECTORY.mode() ? Errno.EISDIR : Errno.ENOENT);
          }
          int opened =
              FileCalls.reopen(
                  descriptor, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY);
          if (opened < 0) {
            throw new FileException(forGuest(-opened));
          }
          try {
            if (!FileCalls.fstat(opened).isSameFile(found)) {
              throw new FileException(Errno.EIO);
            }
            return new HostContent(device, new SharedDescriptor(opened));
          } catch (RuntimeException | Error e) {
            Posix.close(opened);
            throw e;
          }
        });
  }

  /** What is in a directory; ENOMEM as soon as that costs more of the heap. */
  List<DirectoryEntry> entries(String path, long mostBytes) {
    Use<List<DirectoryEntry>> reading = // made before anything is open
        opened -> new HostDirectory(opened, checkpoint, mostBytes).read();
    List<DirectoryEntry> entries =
        use(
            open(
                path.isEmpty() ? "." : path,
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NONBLOCK),
            reading);
    // The kernel lists what a lookup would not find: what is mounted there.
    entries.removeIf(entry -> {
      checkpoint.pass();
      return entry.kind() == FileKind.DIRECTORY && find(below(path, entry.name())) == null;
    });
    return entries;
  }

  /**
   * The path of an entry.
   *
   * @throws FileException ENOENT if the name is none, which nobody should ask for: the kernel would
   *     keep it below the root all the same
   */
  static String below(String path, String name) {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || name.indexOf(0) >= 0) {
      throw new FileException(Errno.ENOENT);
    }
    return path.isEmpty() ? name : path + "/" + name;
  }

  /** What somebody does with a descriptor that is closed afterwards. */
  @FunctionalInterface
  private interface Use<T extends @Nullable Object> {
    T on(int descriptor);
  }

  private <T extends @Nullable Object> T at(String path, Use<T> use) {
    if (path.isEmpty()) {
      requireOpen();
      return translated(use, root.descriptor());
    }
    return use(open(path, FileCalls.O_PATH), use);
  }

  /** Uses a descriptor and closes it, or throws for the error number in its place. */
  private static <T extends @Nullable Object> T use(int descriptor, Use<T> use) {
    if (descriptor < 0) {
      throw new FileException(-descriptor);
    }
    T result;
    try {
      result = translated(use, descriptor);
    } catch (Throwable t) {
      Posix.close(descriptor);
      throw t;
    }
    try {
      Posix.close(descriptor);
    } catch (Throwable e) {
      if (result instanceof FileContent content) {
        content.close();
      }
      throw e;
    }
    return result;
  }

  private static <T extends @Nullable Object> T translated(Use<T> use, int descriptor) {
    try {
      return use.on(descriptor);
    } catch (SystemCallException e) {
      throw new FileException(forGuest(e.errno()));
    }
  }

  /** A descriptor of a path below the root, or a negative error number for the guest. */
  private int open(String path, int flags) {
    requireOpen();
    byte[] bytes = path.getBytes(ISO_8859_1);
    for (int attempt = 1; ; attempt++) {
      checkpoint.pass();
      int descriptor =
          FileCalls.openat2(root.descriptor(), bytes, flags | FileCalls.O_NOFOLLOW, CONFINED);
      if (descriptor >= 0) {
        return descriptor;
      }
      if (descriptor != -Errno.EAGAIN || attempt == ATTEMPTS) {
        return -forGuest(-descriptor);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new FileException(Errno.EIO);
    }
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

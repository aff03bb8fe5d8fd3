package io.hyperlight.internal.vfs.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.ContentWatcher;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Tree;
import io.hyperlight.internal.vfs.TreeState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory or file of the host, as one file system sees it.
 *
 * <p><b>Boundary.</b> Names come from the guest, and its accomplice may be able to write to the
 * directory. So no check precedes a use that could find something else. Each access looks its path
 * up with {@code openat2} from the root's descriptor. This single step follows no symbolic link and
 * leaves neither the root nor the mount. It yields a descriptor that allows no access yet ({@code
 * O_PATH}). The file behind that descriptor stays the same, so its kind is checked now. Only a
 * regular file is then opened through the descriptor. Devices, pipes, sockets, and file systems
 * mounted below the root do not exist for guests.
 */
final class HostTree implements Tree {
  /** How often a lookup is tried if renames on the host interfere with it. */
  private static final int ATTEMPTS = 16;

  private final int device;
  private final HostRoot root;
  private final HostRoot.Opened opened;
  private final Checkpoint checkpoint;
  private boolean closed;

  /**
   * Opens the root, unless another tree has it open.
   *
   * @param device the tree's number in the file system
   * @param checkpoint for loops whose length the guest chooses
   * @throws SystemCallException if it cannot be opened
   */
  HostTree(int device, HostRoot root, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.device = device;
    this.root = root;
    opened = root.retain();
  }

  @Override
  public Node root() {
    return new HostNode(this, "", opened.kind());
  }

  int device() {
    return device;
  }

  /** Does nothing: guests cannot change these files. */
  @Override
  public void watch(ContentWatcher watcher) {}

  @Override
  public TreeState freeze() {
    return TreeState.READ_ONLY;
  }

  @Override
  public void restore(TreeState earlier) {}

  @Override
  public void forgetHolds() {}

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      root.release();
    }
  }

  FileStatus status(String path) {
    return at(
        path,
        descriptor -> {
          HostFileStatus host = FileCalls.fstat(descriptor);
          FileKind kind = HostView.kind(host);
          if (kind == null) {
            throw new FileException(Errno.ENOENT);
          }
          return HostView.status(device, host, kind);
        });
  }

  /** Returns the kind of the file at a path; null if there is none. */
  @Nullable FileKind find(String path) {
    int descriptor = open(path, FileCalls.O_PATH);
    if (descriptor == -Errno.ENOENT) {
      return null;
    }
    return use(descriptor, opened -> HostView.kind(FileCalls.fstat(opened)));
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
            throw new FileException(HostView.forGuest(-opened));
          }
          try {
            if (!FileCalls.fstat(opened).isSameFile(found)) {
              throw new FileException(Errno.EIO);
            }
            return new HostContent(device, new SharedDescriptor(opened));
          } catch (RuntimeException | Error e) {
            HostDescriptors.close(opened);
            throw e;
          }
        });
  }

  /**
   * Returns the entries of a directory; fails with ENOMEM once they take more of the heap than
   * allowed.
   */
  List<DirectoryEntry> entries(String path, long maxBytes) {
    Use<List<DirectoryEntry>> reading = // allocated before a descriptor is open
        opened -> new HostDirectory(opened, checkpoint, maxBytes).read();
    List<DirectoryEntry> entries =
        use(
            open(
                path.isEmpty() ? "." : path,
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NONBLOCK),
            reading);
    // The kernel also lists mount points, which a lookup would not find.
    entries.removeIf(entry -> {
      checkpoint.pass();
      return entry.kind() == FileKind.DIRECTORY && find(below(path, entry.name())) == null;
    });
    return entries;
  }

  /**
   * Returns the path of an entry.
   *
   * @throws FileException ENOENT if the name is not a single name. Callers never pass such a name,
   *     and the kernel would keep the lookup below the root anyway
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

  /** An operation on a descriptor that is closed afterwards. */
  @FunctionalInterface
  private interface Use<T extends @Nullable Object> {
    T on(int descriptor);
  }

  private <T extends @Nullable Object> T at(String path, Use<T> use) {
    if (path.isEmpty()) {
      requireOpen();
      return translated(use, opened.descriptor());
    }
    return use(open(path, FileCalls.O_PATH), use);
  }

  /**
   * Applies an operation to a descriptor, then closes it. A negative number in its place is an
   * error and becomes an exception.
   */
  private static <T extends @Nullable Object> T use(int descriptor, Use<T> use) {
    if (descriptor < 0) {
      throw new FileException(-descriptor);
    }
    T result;
    try {
      result = translated(use, descriptor);
    } catch (Throwable t) {
      HostDescriptors.close(descriptor);
      throw t;
    }
    try {
      HostDescriptors.close(descriptor);
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
      throw new FileException(HostView.forGuest(e.errno()));
    }
  }

  /**
   * Opens a path below the root. Returns a descriptor, or a negative error number for the guest.
   */
  private int open(String path, int flags) {
    requireOpen();
    byte[] bytes = path.getBytes(ISO_8859_1);
    for (int attempt = 1; ; attempt++) {
      checkpoint.pass();
      int descriptor =
          FileCalls.openat2(
              opened.descriptor(), bytes, flags | FileCalls.O_NOFOLLOW, HostView.CONFINED);
      if (descriptor >= 0) {
        return descriptor;
      }
      if (descriptor != -Errno.EAGAIN || attempt == ATTEMPTS) {
        return -HostView.forGuest(-descriptor);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new FileException(Errno.EIO);
    }
  }
}

package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.PathLimits;
import java.nio.charset.StandardCharsets;

/**
 * What system calls have in common that take the name of a file: a descriptor where it begins, the
 * name, and the rights that the guest needs. All methods throw {@link FileException}.
 */
public final class Paths {
  static final int AT_FDCWD = -100;
  static final long AT_SYMLINK_NOFOLLOW = 0x100;
  static final long AT_EMPTY_PATH = 0x1000;

  static final int READ = 4;
  static final int WRITE = 2;
  static final int EXECUTE = 1;

  private final GuestMemory memory;
  private final ProcessFiles files;

  public Paths(GuestMemory memory, ProcessFiles files) {
    this.memory = memory;
    this.files = files;
  }

  /** A path of the guest's, with one character a byte. */
  String read(long address) {
    byte[] path = memory.readString(address, PathLimits.LONGEST_PATH);
    if (path == null) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return new String(path, StandardCharsets.ISO_8859_1);
  }

  /** Where a path begins. */
  Location base(int folder, String path) {
    if (path.isEmpty()) {
      throw new FileException(Errno.ENOENT);
    }
    if (folder == AT_FDCWD || path.charAt(0) == '/') {
      return files.workingDirectory();
    }
    Location location = files.descriptors().any(folder).location();
    if (location == null) {
      throw new FileException(Errno.ENOTDIR);
    }
    return location;
  }

  Location resolve(int folder, long address, boolean followLast) {
    return resolve(folder, read(address), followLast);
  }

  Location resolve(int folder, String path, boolean followLast) {
    return files.paths().resolve(base(folder, path), path, followLast);
  }

  PathEntry parent(int folder, long address) {
    String path = read(address);
    return files.paths().resolveParent(base(folder, path), path);
  }

  /** Whether an entry is the directory itself or the one above. */
  static boolean isDots(PathEntry entry) {
    return entry.name().equals(".") || entry.name().equals("..");
  }

  static boolean isKind(Location location, FileKind kind) {
    return location.node().kind() == kind;
  }

  /** Whether something may be done to a file; the guest owns all that there are. */
  static boolean isAllowed(FileStatus status, int wanted) {
    return (status.permissions() >> 6 & wanted) == wanted;
  }

  static void requireAllowed(Location location, int wanted) {
    if (!isAllowed(location.node().status(), wanted)) {
      throw new FileException(Errno.EACCES);
    }
  }

  /** Makes sure that the file system it is in can be written. */
  static void requireWritable(Node node) {
    if (!node.isWritable()) {
      throw new FileException(Errno.EROFS);
    }
  }

  /** Likewise before contents are written. The mode of a pseudo file says it. */
  static void requireContentsWritable(Node node) {
    if (!(node instanceof PseudoNode made && made.isText())) {
      requireWritable(node);
    }
  }

  /** Makes sure that entries of a directory can be made and removed. */
  static void requireChangeable(Location directory) {
    requireWritable(directory.node());
    if (directory.node().status().links() == 0) {
      throw new FileException(Errno.ENOENT); // it was removed
    }
    requireAllowed(directory, WRITE | EXECUTE);
  }
}

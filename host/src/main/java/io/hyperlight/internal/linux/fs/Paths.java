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
 * Resolves the paths of system calls: a descriptor where the path begins, the path, and the
 * permissions that the guest needs. All methods throw {@link FileException}.
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

  /** Reads a path of the guest's, with one character per byte. */
  String read(long address) {
    byte[] path = memory.readString(address, PathLimits.LONGEST_PATH);
    if (path == null) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return new String(path, StandardCharsets.ISO_8859_1);
  }

  /** Returns the location where a path begins. */
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

  /** Answers whether an entry is "." or "..". */
  static boolean isDots(PathEntry entry) {
    return entry.name().equals(".") || entry.name().equals("..");
  }

  static boolean isKind(Location location, FileKind kind) {
    return location.node().kind() == kind;
  }

  /** Answers whether the guest may access a file. The guest owns all files. */
  static boolean isAllowed(FileStatus status, int wanted) {
    return (status.permissions() >> 6 & wanted) == wanted;
  }

  static void requireAllowed(Location location, int wanted) {
    if (!isAllowed(location.node().status(), wanted)) {
      throw new FileException(Errno.EACCES);
    }
  }

  /** Throws an error if a file is on a read-only file system. */
  static void requireWritable(Node node) {
    if (!node.isWritable()) {
      throw new FileException(Errno.EROFS);
    }
  }

  /**
   * Throws an error if the contents of a file cannot be written. For a pseudo file, its mode
   * decides.
   */
  static void requireContentsWritable(Node node) {
    if (!(node instanceof PseudoNode made && made.isText())) {
      requireWritable(node);
    }
  }

  /** Throws an error if entries of a directory cannot be made and removed. */
  static void requireChangeable(Location directory) {
    requireWritable(directory.node());
    if (directory.node().status().links() == 0) {
      throw new FileException(Errno.ENOENT); // the directory was removed
    }
    requireAllowed(directory, WRITE | EXECUTE);
  }
}

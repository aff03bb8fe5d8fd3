package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file, directory or symbolic link that a lookup has found. A node holds no resources of the host
 * and does not keep its file in place. If the file is gone, the methods fail with ENOENT. Nodes are
 * values: two nodes of the same file are equal.
 *
 * <p>All methods throw {@link FileException}. An operation that does not suit the kind of file
 * fails as in Linux. A change fails with EROFS unless the tree is writable.
 */
public interface Node {
  /** Returns the current status of the file. */
  FileStatus status();

  /** Returns the kind that the file had when it was found. This is cheaper than {@link #status}. */
  default FileKind kind() {
    return status().kind();
  }

  /** Returns the same node in another sandbox's file system, which has the same trees. */
  Node in(Counterparts other);

  /**
   * Keeps the file, if its tree is writable. The caller closes the hold, unless the tree is
   * restored before.
   */
  default Hold hold() {
    return Hold.NONE;
  }

  /** Answers whether {@link #hold} has an effect. */
  default boolean canBeHeld() {
    return false;
  }

  /**
   * Returns this node as its own tree knows it, without the mount points that a file system merges
   * into a directory.
   */
  default Node unmerged() {
    return this;
  }

  /**
   * Returns the unmerged directory, so that the caller can put an entry into it.
   *
   * @throws FileException EBUSY if there is a mount point of that name
   */
  default Node unmergedFor(String name) {
    return this;
  }

  /** Returns how much room the file system of this node has. */
  default Space space() {
    return Space.NONE;
  }

  /**
   * Returns the entry with a name, or null if there is none. The name is neither empty nor "." nor
   * "..".
   */
  default @Nullable Node child(String name) {
    throw new FileException(Errno.ENOTDIR);
  }

  /** Checks that names can be looked up in this directory; fails with EACCES if not. */
  default void requireSearchable() {}

  /**
   * Returns all entries of a directory, without "." and "..".
   *
   * @param maxBytes of the heap that all of them may take
   * @throws FileException ENOMEM if they would take more
   */
  default List<DirectoryEntry> entries(long maxBytes) {
    throw new FileException(Errno.ENOTDIR);
  }

  /**
   * Answers whether a directory is listed in pieces with {@link #entriesAfter}, so that a long
   * listing need not be in memory at once.
   */
  default boolean isListedInPieces() {
    return false;
  }

  /**
   * Returns the entries that follow a name, in a fixed order of names.
   *
   * @param name the last entry of the previous piece, which may be gone by now; null at the
   *     beginning
   * @param most the largest number of entries to return
   * @return the entries that follow; none at the end
   */
  default List<DirectoryEntry> entriesAfter(@Nullable String name, int most) {
    throw new FileException(Errno.ENOTDIR);
  }

  /** Returns the target of a symbolic link. */
  default String target() {
    throw new FileException(Errno.EINVAL);
  }

  /**
   * Returns the location to which a symbolic link leads if its target is not a path to look up, as
   * in {@code /proc/self/fd}. Null for all other nodes.
   */
  default @Nullable Location destination() {
    return null;
  }

  /**
   * Opens a regular file or device.
   *
   * @param write whether to open for writing, too
   */
  default FileContent open(boolean write) {
    throw new FileException(Errno.EISDIR);
  }

  // Changes. Names are those of entries in this directory.

  /** Answers whether this directory can be changed. If not, changes fail with EROFS. */
  default boolean isWritable() {
    return false;
  }

  /** Makes an empty regular file; EEXIST if the name is taken. */
  default Node createFile(String name, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  default Node createDirectory(String name, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  default Node createSymbolicLink(String name, String target) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Makes a regular file without a name. The file exists only while it is {@linkplain #open open}.
   */
  default Node createUnnamed(int permissions, boolean linkable) {
    throw new FileException(Errno.ENOTSUP);
  }

  /**
   * Makes a regular file without a name, which has and accepts {@link Seals}. The file exists only
   * while it is {@linkplain #open open}.
   */
  default Node createSealable(int permissions, int seals) {
    throw new FileException(Errno.ENOTSUP);
  }

  /**
   * Makes an entry that is no more than a name here: a FIFO, a socket, or a device without a
   * number.
   */
  default Node createSpecial(String name, FileKind kind, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Makes another name for a file that is not a directory; EXDEV if the file is in another tree.
   */
  default void link(String name, Node existing) {
    throw new FileException(Errno.EROFS);
  }

  /** Removes the name of a file that is not a directory. */
  default void unlink(String name) {
    throw new FileException(Errno.EROFS);
  }

  /** Removes an empty directory. */
  default void removeDirectory(String name) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Moves an entry to a directory of the same tree, where it replaces an entry of the new name.
   *
   * @param how whether it may replace one, and what happens to the old name
   */
  default void rename(String name, Node directory, String newName, Renaming how) {
    throw new FileException(Errno.EROFS);
  }

  default void setPermissions(int permissions) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Sets times.
   *
   * @param accessed null for no change, as {@code modified}
   */
  default void setTimes(@Nullable Instant accessed, @Nullable Instant modified) {
    throw new FileException(Errno.EROFS);
  }
}

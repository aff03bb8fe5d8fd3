package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file, directory or symbolic link that a lookup has found. Holds nothing of the host's, and does
 * not keep the file where it is: it may be gone by the time one asks it something, which is ENOENT
 * then. Values: two of the same file are equal.
 *
 * <p>All methods throw {@link FileException}. What a kind of node has no use for fails as Linux
 * lets it fail; what changes something, with EROFS unless the tree can be written.
 */
public interface Node {
  /** As it is now. */
  FileStatus status();

  /** What kind of file it was when it was found; cheaper than {@link #status}. */
  default FileKind kind() {
    return status().kind();
  }

  /** The same for another sandbox's file system, which has the same trees. */
  Node in(Counterparts other);

  /** Keeps it, if its tree can be written. To be closed, unless the tree is restored before. */
  default Hold hold() {
    return Hold.NONE;
  }

  /** Whether {@link #hold} does anything. */
  default boolean canBeHeld() {
    return false;
  }

  /** This, without what a file system merges into a directory: what its tree knows. */
  default Node unmerged() {
    return this;
  }

  /**
   * The same, for somebody who wants to put something into it.
   *
   * @throws FileException EBUSY if there is a mount point of that name
   */
  default Node unmergedFor(String name) {
    return this;
  }

  /** How much room there is in the file system it is in. */
  default Space space() {
    return Space.NONE;
  }

  /**
   * What a directory has under a name, which is neither empty nor "." nor ".."; null if nothing.
   */
  default @Nullable Node child(String name) {
    throw new FileException(Errno.ENOTDIR);
  }

  /** Makes sure that a directory may be gone through: EACCES if not. */
  default void requireSearchable() {}

  /**
   * What is in a directory, without "." and "..".
   *
   * @param mostBytes of the heap that all of them may cost
   * @throws FileException ENOMEM if they would cost more
   */
  default List<DirectoryEntry> entries(long mostBytes) {
    throw new FileException(Errno.ENOTDIR);
  }

  /**
   * Whether a directory is listed piece by piece with {@link #entriesAfter}, so that nobody has to
   * hold all of a listing that may be long.
   */
  default boolean isListedInPieces() {
    return false;
  }

  /**
   * Some of what {@link #entries} has, in a fixed order of names.
   *
   * @param name the entry that came last, which may be gone by now; null at the beginning
   * @param most how many there may be
   * @return those that follow; none at the end
   */
  default List<DirectoryEntry> entriesAfter(@Nullable String name, int most) {
    throw new FileException(Errno.ENOTDIR);
  }

  /** What a symbolic link says. */
  default String target() {
    throw new FileException(Errno.EINVAL);
  }

  /**
   * Where a symbolic link leads whose target is not to be read as a path, as those in {@code
   * /proc/self/fd}; null for all others.
   */
  default @Nullable Location destination() {
    return null;
  }

  /**
   * Opens a regular file or device.
   *
   * @param write whether also to be written
   */
  default FileContent open(boolean write) {
    throw new FileException(Errno.EISDIR);
  }

  // Changes. Names are of entries in this directory.

  /** Whether anything can be changed here: false is EROFS. */
  default boolean isWritable() {
    return false;
  }

  /** Makes an empty regular file; EEXIST if there is something of that name. */
  default Node createFile(String name, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  default Node createDirectory(String name, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  default Node createSymbolicLink(String name, String target) {
    throw new FileException(Errno.EROFS);
  }

  /** Makes a regular file without a name. There is nothing of it until it is {@link #open}. */
  default Node createUnnamed(int permissions, boolean linkable) {
    throw new FileException(Errno.ENOTSUP);
  }

  /** Makes what is only a name here: a FIFO, a socket, a device without a number. */
  default Node createSpecial(String name, FileKind kind, int permissions) {
    throw new FileException(Errno.EROFS);
  }

  /** Another name for a file that is no directory; EXDEV if it is of another tree. */
  default void link(String name, Node existing) {
    throw new FileException(Errno.EROFS);
  }

  /** Takes a name away that is no directory's. */
  default void unlink(String name) {
    throw new FileException(Errno.EROFS);
  }

  /** Takes an empty directory away. */
  default void removeDirectory(String name) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Moves an entry to a directory of the same tree, in place of what has that name there.
   *
   * @param how what else is to happen
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

package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Builds the initial files of a tree in memory. Paths are relative and normalised, and missing
 * directories on the way are made. Numbers stand for the files that were made.
 */
public final class MemoryTreeBuilder {
  private final MemoryTree tree;
  private final long limitBytes;

  /**
   * Creates a builder without files.
   *
   * @param limitBytes for contents and names, with a flat amount for each file
   * @param clock for times of files
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  public MemoryTreeBuilder(long limitBytes, InstantSource clock) {
    this(MemoryState.empty(), limitBytes, clock);
  }

  /** Creates a builder that adds to the files of a state. */
  MemoryTreeBuilder(MemoryState initial, long limitBytes, InstantSource clock) {
    tree = new MemoryTree(0, initial, true, limitBytes, clock, Checkpoint.NONE);
    this.limitBytes = limitBytes;
  }

  /**
   * Makes the missing directories on a path; returns the number of the last one.
   *
   * @throws FileException ENOTDIR, ENOSPC
   */
  public long createDirectories(String path) {
    long directory = MemoryState.ROOT;
    if (path.isEmpty()) {
      return directory;
    }
    MemoryDirectories directories = tree.directories();
    for (String name : path.split("/", -1)) {
      long there = directories.child(directory, name);
      directory =
          there != MemoryDirectories.NONE
              ? there
              : directories.createDirectory(directory, name, 0755);
    }
    if (tree.kind(directory) != FileKind.DIRECTORY) {
      throw new FileException(Errno.ENOTDIR);
    }
    return directory;
  }

  /**
   * Makes an empty file; returns its number.
   *
   * @throws FileException EEXIST, ENOTDIR, ENOSPC
   */
  public long createFile(String path) {
    int slash = path.lastIndexOf('/');
    long directory = createDirectories(slash < 0 ? "" : path.substring(0, slash));
    return tree.directories().createFile(directory, path.substring(slash + 1), 0644);
  }

  /**
   * Copies bytes into a file.
   *
   * @param length how many bytes, from the first one
   * @throws FileException ENOSPC, EFBIG
   */
  public void write(long file, long offset, byte[] bytes, int length) {
    if (tree.files().write(file, offset, bytes, 0, length) < length) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /**
   * Sets the times of a file or directory.
   *
   * @param accessed null for no change, as {@code modified}
   */
  public void setTimes(long number, @Nullable Instant accessed, @Nullable Instant modified) {
    tree.setTimes(number, accessed, modified);
  }

  MemoryState state() {
    return tree.state();
  }

  long limitBytes() {
    return limitBytes;
  }
}

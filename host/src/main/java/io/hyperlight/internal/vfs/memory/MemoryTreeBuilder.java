package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files that a tree in memory begins with. Paths are relative and normalised, and
 * directories on the way are made as needed; files have numbers.
 */
public final class MemoryTreeBuilder {
  private final MemoryTree tree;
  private final long limitBytes;

  /**
   * Without files.
   *
   * @param limitBytes of contents and names, with a flat amount for each file
   * @param clock for times of files
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  public MemoryTreeBuilder(long limitBytes, InstantSource clock) {
    this(MemoryState.empty(), limitBytes, clock);
  }

  /** With files. */
  MemoryTreeBuilder(MemoryState initial, long limitBytes, InstantSource clock) {
    tree = new MemoryTree(0, initial, true, limitBytes, clock, Checkpoint.NONE);
    this.limitBytes = limitBytes;
  }

  /**
   * Makes those directories on a path that are missing; returns the last one.
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
   * Makes an empty file.
   *
   * @throws FileException EEXIST, ENOTDIR, ENOSPC
   */
  public long createFile(String path) {
    int slash = path.lastIndexOf('/');
    long directory = createDirectories(slash < 0 ? "" : path.substring(0, slash));
    return tree.directories().createFile(directory, path.substring(slash + 1), 0644);
  }

  /**
   * Writes all of some bytes, which are copied.
   *
   * @throws FileException ENOSPC, EFBIG
   */
  public void write(long file, long offset, byte[] bytes, int length) {
    if (tree.files().write(file, offset, bytes, 0, length) < length) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /**
   * Sets times of a file or directory.
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

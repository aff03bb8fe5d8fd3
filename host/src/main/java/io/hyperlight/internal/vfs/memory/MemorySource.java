package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Tree;
import io.hyperlight.internal.vfs.TreeSource;
import java.time.InstantSource;

/**
 * A source of files in memory: the initial files, whether they can be changed, and how large they
 * may grow.
 */
public final class MemorySource implements TreeSource {
  private final MemoryState initial;
  private final boolean writable;
  private final long limitBytes;

  MemorySource(MemoryState initial, boolean writable, long limitBytes) {
    Budget.requireLimit(limitBytes);
    this.initial = initial;
    this.writable = writable;
    this.limitBytes = limitBytes;
  }

  /**
   * Returns a source of empty, writable trees.
   *
   * @param limitBytes for contents and names, with a flat amount for each file
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  public static MemorySource empty(long limitBytes) {
    return new MemorySource(MemoryState.empty(), true, limitBytes);
  }

  /** Does the same with a root in which everybody may create files, as {@code /dev/shm} has it. */
  public static MemorySource forEverybody(long limitBytes) {
    return new MemorySource(MemoryState.empty(01777), true, limitBytes);
  }

  /** Returns a source of the files that were built, read-only. */
  public static MemorySource of(MemoryTreeBuilder built) {
    return new MemorySource(built.state(), false, built.limitBytes());
  }

  /**
   * Returns this source with one more file. Missing directories on the way are made.
   *
   * @param path relative and normalised
   * @param contents copied
   * @throws FileException EEXIST, ENOTDIR, ENOSPC, EFBIG
   */
  public MemorySource with(String path, byte[] contents) {
    MemoryTreeBuilder more =
        new MemoryTreeBuilder(initial, limitBytes, InstantSource.fixed(FileStatus.BEGINNING));
    more.write(more.createFile(path), 0, contents, contents.length);
    return new MemorySource(more.state(), writable, limitBytes);
  }

  /** Returns this source as a read-only one. */
  public MemorySource readOnly() {
    return new MemorySource(initial, false, limitBytes);
  }

  public boolean isWritable() {
    return writable;
  }

  @Override
  public Tree open(int device, InstantSource clock, Checkpoint checkpoint) {
    return new MemoryTree(device, initial, writable, limitBytes, clock, checkpoint);
  }
}

package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/** Files in memory: what they are at first, and whether and how far they can grow. */
public final class MemorySource implements TreeSource {
  /** The time of files that nobody has given one: the same in every run. */
  static final Instant BEGINNING = Instant.EPOCH;

  /** Far more than a heap; keeps arithmetic with sizes and the chunk tables' indices in range. */
  public static final long LARGEST_LIMIT = 1L << 40;

  private final MemoryState initial;
  private final boolean writable;
  private final long limitBytes;

  MemorySource(MemoryState initial, boolean writable, long limitBytes) {
    if (limitBytes < 0 || limitBytes > LARGEST_LIMIT) {
      throw new IllegalArgumentException(
          "limit of " + limitBytes + " bytes: not between 0 and " + LARGEST_LIMIT);
    }
    this.initial = initial;
    this.writable = writable;
    this.limitBytes = limitBytes;
  }

  /**
   * An empty tree that can be written.
   *
   * @param limitBytes of contents and names, with a flat amount for each file
   * @throws IllegalArgumentException if it is negative, or larger than {@link #LARGEST_LIMIT}
   */
  public static MemorySource empty(long limitBytes) {
    return new MemorySource(MemoryState.empty(), true, limitBytes);
  }

  /**
   * What is in a ZIP or JAR file, read now, to be read only.
   *
   * @param maxBytes what it may take unpacked, counted as a limit is
   * @throws InvalidArchiveException if it is no such file, or one that cannot be files of a guest
   * @throws IOException if it cannot be read
   */
  public static MemorySource ofArchive(Path archive, long maxBytes) throws IOException {
    MemorySource empty = new MemorySource(MemoryState.empty(), true, maxBytes);
    MemoryTree tree = new MemoryTree(0, empty, InstantSource.system(), Checkpoint.NONE);
    ArchiveReader.read(archive, maxBytes, tree);
    return new MemorySource(tree.state(), false, maxBytes);
  }

  /**
   * The same with one more file, in directories that are made as needed.
   *
   * @param path relative and normalised
   * @param contents copied
   * @throws FileException EEXIST, ENOTDIR, ENOSPC, EFBIG
   */
  public MemorySource with(String path, byte[] contents) {
    MemorySource unlocked = new MemorySource(initial, true, limitBytes);
    MemoryTree tree = new MemoryTree(0, unlocked, InstantSource.fixed(BEGINNING), Checkpoint.NONE);
    addFile(tree, path, contents);
    return new MemorySource(tree.state(), writable, limitBytes);
  }

  private static void addFile(MemoryTree tree, String path, byte[] contents) {
    int slash = path.lastIndexOf('/');
    long directory = makeDirectories(tree, slash < 0 ? "" : path.substring(0, slash));
    long file = tree.createFile(directory, path.substring(slash + 1), 0644);
    if (tree.write(file, 0, contents, 0, contents.length) < contents.length) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /** Makes those directories on a path that are missing; returns the last one. */
  static long makeDirectories(MemoryTree tree, String path) {
    long directory = MemoryState.ROOT;
    if (path.isEmpty()) {
      return directory;
    }
    for (String name : path.split("/", -1)) {
      long there = tree.child(directory, name);
      directory = there != 0 ? there : tree.createDirectory(directory, name, 0755);
    }
    if (tree.kind(directory) != FileKind.DIRECTORY) {
      throw new FileException(Errno.ENOTDIR);
    }
    return directory;
  }

  /** The same, to be read only. */
  public MemorySource readOnly() {
    return new MemorySource(initial, false, limitBytes);
  }

  public boolean isWritable() {
    return writable;
  }

  MemoryState initial() {
    return initial;
  }

  long limitBytes() {
    return limitBytes;
  }
}

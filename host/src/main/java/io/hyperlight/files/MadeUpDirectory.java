package io.hyperlight.files;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An empty directory that nobody made: on the way to a mount point, where there is nothing. */
record MadeUpDirectory(String path) implements Node {
  /** The device of these directories; those of trees follow. */
  static final int DEVICE = 1;

  @Override
  public FileStatus status() {
    Instant time = MemorySource.BEGINNING;
    return new FileStatus(DEVICE, inode(path), FileKind.DIRECTORY, 0555, 2, 0, time, time, time, 0);
  }

  /** One for each path: a polynomial of its characters, in 62 bits, and never 0. */
  private static long inode(String path) {
    long hash = 1;
    for (int i = 0; i < path.length(); i++) {
      hash = hash * 0x5851f42d4c957f2dL + path.charAt(i) + 1;
    }
    return hash >>> 2 | 1;
  }

  @Override
  public FileKind kind() {
    return FileKind.DIRECTORY;
  }

  @Override
  public Node in(FileSystem other) {
    return this;
  }

  @Override
  public @Nullable Node child(String name) {
    return null;
  }

  @Override
  public List<DirectoryEntry> entries() {
    return List.of();
  }
}

package io.hyperlight.internal.vfs;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An empty directory on the way to a mount point, at a path where no tree has a directory.
 *
 * @param inode a number that no other pseudo directory has
 */
record PseudoDirectory(long inode) implements Node {
  @Override
  public FileStatus status() {
    Instant time = FileStatus.BEGINNING;
    return new FileStatus(
        FileStatus.PSEUDO_DEVICE, inode, FileKind.DIRECTORY, 0755, 2, 0, time, time, time, 0);
  }

  @Override
  public FileKind kind() {
    return FileKind.DIRECTORY;
  }

  @Override
  public Node in(Counterparts other) {
    return this;
  }

  @Override
  public @Nullable Node child(String name) {
    return null;
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
    return List.of();
  }
}

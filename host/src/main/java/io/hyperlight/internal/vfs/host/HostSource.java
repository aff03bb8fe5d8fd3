package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Tree;
import io.hyperlight.internal.vfs.TreeSource;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A directory or regular file of the host, to be read only. Its descriptor is open while file
 * systems use it.
 */
public final class HostSource implements TreeSource {
  private final HostRoot root;

  /** Nothing is opened yet. */
  public HostSource(Path path) {
    this(path, null);
  }

  /**
   * As {@link #HostSource(Path)}.
   *
   * @param expected what it has to be: of a path that was a file when the embedder chose it, nobody
   *     shall see a directory later
   */
  public HostSource(Path path, @Nullable FileKind expected) {
    root = new HostRoot(path, expected);
  }

  /** What it was made for. */
  public Path path() {
    return root.path();
  }

  /** What it has to be; null if either. */
  public @Nullable FileKind expected() {
    return root.expected();
  }

  @Override
  public Tree open(int device, InstantSource clock, Checkpoint checkpoint) {
    return new HostTree(device, root, checkpoint);
  }
}

package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Tree;
import io.hyperlight.internal.vfs.TreeSource;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A read-only directory or regular file of the host. Its descriptor is open while file systems use
 * it.
 */
public final class HostSource implements TreeSource {
  private final HostRoot root;

  /** Creates the source without opening anything. */
  public HostSource(Path path) {
    this(path, null);
  }

  /**
   * Creates the source, as {@link #HostSource(Path)} does.
   *
   * @param expected the required kind; null if either will do. A path that was a file when the
   *     embedder chose it must not show a directory later
   */
  public HostSource(Path path, @Nullable FileKind expected) {
    root = new HostRoot(path, expected);
  }

  /** Returns the path of the directory or file. */
  public Path path() {
    return root.path();
  }

  /** Returns the required kind; null if either will do. */
  public @Nullable FileKind expected() {
    return root.expected();
  }

  @Override
  public Tree open(int device, InstantSource clock, Checkpoint checkpoint) {
    return new HostTree(device, root, checkpoint);
  }
}

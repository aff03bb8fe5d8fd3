package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;

/**
 * The target of a link in {@code /proc/self/fd} that is in no file system: a pipe. Opening it
 * duplicates the descriptor.
 */
public record DescriptorNode(OpenFile file) implements Node {
  @Override
  public FileStatus status() {
    return file.status();
  }

  /** Returns this node: no snapshot keeps it. */
  @Override
  public Node in(Counterparts other) {
    return this;
  }
}

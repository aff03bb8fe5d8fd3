package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;

/**
 * What a link in {@code /proc/self/fd} leads to if that is in no file system: a pipe. To open it is
 * to duplicate the descriptor.
 */
public record DescriptorNode(OpenFile file) implements Node {
  @Override
  public FileStatus status() {
    return file.status();
  }

  /** Nothing that anybody keeps. */
  @Override
  public Node in(Counterparts other) {
    return this;
  }
}

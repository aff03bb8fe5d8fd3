package io.hyperlight.linux;

import io.hyperlight.files.FileStatus;
import io.hyperlight.files.FileSystem;
import io.hyperlight.files.Node;

/**
 * What a link in {@code /proc/self/fd} leads to if that is in no file system: a pipe. To open it is
 * to duplicate the descriptor.
 */
record DescriptorNode(OpenFile file) implements Node {
  @Override
  public FileStatus status() {
    return file.status();
  }

  /** Nothing that anybody keeps. */
  @Override
  public Node in(FileSystem other) {
    return this;
  }
}

package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of the host.
 *
 * @param path from the root, empty for the root itself
 * @param kind the file's kind when it was found
 */
record HostNode(HostTree tree, String path, FileKind kind) implements Node {
  @Override
  public FileStatus status() {
    return tree.status(path);
  }

  @Override
  public Node in(Counterparts other) {
    return new HostNode(other.tree(tree.device(), HostTree.class), path, kind);
  }

  @Override
  public @Nullable Node child(String name) {
    requireDirectory();
    String below = HostTree.below(path, name);
    FileKind found = tree.find(below);
    return found == null ? null : new HostNode(tree, below, found);
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
    requireDirectory();
    return tree.entries(path, maxBytes);
  }

  private void requireDirectory() {
    if (kind != FileKind.DIRECTORY) {
      throw new FileException(Errno.ENOTDIR);
    }
  }

  @Override
  public String target() {
    if (kind != FileKind.SYMBOLIC_LINK) {
      throw new FileException(Errno.EINVAL);
    }
    return tree.target(path);
  }

  @Override
  public FileContent open(boolean write) {
    return switch (kind) {
      case DIRECTORY -> throw new FileException(Errno.EISDIR);
      case REGULAR -> {
        if (write) {
          throw new FileException(Errno.EROFS);
        }
        yield tree.openFile(path);
      }
      case SYMBOLIC_LINK, CHARACTER_DEVICE, PIPE, SOCKET, ANONYMOUS ->
          throw new FileException(Errno.ELOOP);
    };
  }
}

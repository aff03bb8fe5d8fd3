package io.hyperlight.internal.linux;

import io.hyperlight.internal.vfs.FileKind;

/** A symbolic link that is made up. */
final class MadeUpLink extends MadeUpNode {
  private final String target;

  MadeUpLink(String path, long inode, String target) {
    super(path, inode, FileKind.SYMBOLIC_LINK, 0777);
    this.target = target;
  }

  @Override
  public String target() {
    return target;
  }
}

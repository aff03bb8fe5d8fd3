package io.hyperlight.internal.linux;

import io.hyperlight.internal.vfs.FileKind;

/** A symbolic link that is a pseudo file. */
final class PseudoLink extends PseudoNode {
  private final String target;

  PseudoLink(String path, long inode, String target) {
    super(path, inode, FileKind.SYMBOLIC_LINK, 0777);
    this.target = target;
  }

  @Override
  public String target() {
    return target;
  }
}

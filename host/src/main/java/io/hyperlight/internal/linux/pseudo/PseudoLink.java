package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.FileKind;
import java.util.function.Supplier;

/** A symbolic link that is a pseudo file. */
public final class PseudoLink extends PseudoNode {
  private final Supplier<String> target;

  public PseudoLink(String path, long inode, Supplier<String> target) {
    super(path, inode, FileKind.SYMBOLIC_LINK, 0777);
    this.target = target;
  }

  @Override
  public String target() {
    return target.get();
  }
}

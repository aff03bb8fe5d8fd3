package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;

/**
 * An open pseudo file, for one guest. It holds no host resources.
 *
 * @param <N> the kind of file
 */
public abstract class PseudoContent<N extends PseudoNode> implements FileContent {
  private final N file;

  /** Opens a file. */
  protected PseudoContent(N file) {
    this.file = file;
  }

  /** Returns the open file. */
  protected final N file() {
    return file;
  }

  @Override
  public final FileStatus status() {
    return file.status();
  }

  @Override
  public final FileKind kind() {
    return file.kind();
  }

  /** Opens the same file of another guest. */
  @Override
  public FileContent in(Counterparts other) {
    return file.in(other).open(false);
  }

  @Override
  public final void close() {}
}

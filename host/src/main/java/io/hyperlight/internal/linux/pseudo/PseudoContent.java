package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;

/**
 * An open pseudo file, for one guest. It holds nothing of the host's.
 *
 * @param <N> the kind of file
 */
public abstract class PseudoContent<N extends PseudoNode> implements FileContent {
  private final N file;

  /** An open one. */
  protected PseudoContent(N file) {
    this.file = file;
  }

  /** What is open. */
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

  /** Opens it again there. */
  @Override
  public FileContent in(Counterparts other) {
    return file.in(other).open(false);
  }

  @Override
  public final void close() {}
}

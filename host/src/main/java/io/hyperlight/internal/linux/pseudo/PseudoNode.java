package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;
import org.jspecify.annotations.Nullable;

/** A pseudo file. It is in no tree, and always has the same path. */
public abstract class PseudoNode implements Node {
  /** The device number of all pseudo files. No mount has it. */
  public static final int DEVICE = FileStatus.PSEUDO_DEVICE;

  private final String path;
  private final long inode;
  private final FileKind kind;
  private final int permissions;

  /**
   * Creates a pseudo file.
   *
   * @param path absolute
   * @param inode unique among the pseudo files
   */
  public PseudoNode(String path, long inode, FileKind kind, int permissions) {
    this.path = path;
    this.inode = inode;
    this.kind = kind;
    this.permissions = permissions;
  }

  public final String path() {
    return path;
  }

  public final long inode() {
    return inode;
  }

  /** Answers whether this is a text of the kernel's. Its mode says what may be done to it. */
  public boolean isText() {
    return false;
  }

  /** Answers whether this file belongs to a process, as those in {@code /proc/self} do. */
  public final boolean isOfProcess() {
    return path.startsWith("/proc/") && Character.isDigit(path.charAt("/proc/".length()));
  }

  /** Answers whether the file can be mapped. Texts that the kernel writes cannot be. */
  public boolean isMappable() {
    return false;
  }

  /**
   * Answers whether {@code lseek(2)} can go to the end. For most texts the kernel does not know the
   * end.
   */
  public boolean hasEnd() {
    return !isText();
  }

  /** Returns {@code st_rdev}. */
  long deviceNumber() {
    return 0;
  }

  /** Returns {@code st_size}. */
  protected long size() {
    return 0;
  }

  @Override
  public FileStatus status() {
    return new FileStatus(
        DEVICE,
        inode,
        kind,
        permissions,
        1,
        size(),
        FileStatus.BEGINNING,
        FileStatus.BEGINNING,
        FileStatus.BEGINNING,
        deviceNumber());
  }

  @Override
  public final FileKind kind() {
    return kind;
  }

  /** Returns the file at the same path of another guest. */
  @Override
  public Node in(Counterparts other) {
    return other.ownNode(path, PseudoNode.class);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PseudoNode node && node.path.equals(path);
  }

  @Override
  public int hashCode() {
    return path.hashCode();
  }

  @Override
  public String toString() {
    return path;
  }
}

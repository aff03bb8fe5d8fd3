package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;
import org.jspecify.annotations.Nullable;

/** A pseudo file: it is in no tree, and always at the same place. */
public abstract class PseudoNode implements Node {
  /** Of the tree that all of them are in, and nothing that is mounted. */
  public static final int DEVICE = FileStatus.PSEUDO_DEVICE;

  private final String path;
  private final long inode;
  private final FileKind kind;
  private final int permissions;

  /**
   * One of them.
   *
   * @param path absolute
   * @param inode that no other one has
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

  /** Whether it is a text of the kernel's: what may be done to it, its mode says. */
  public boolean isText() {
    return false;
  }

  /** Whether it is of a process, as what is in {@code /proc/self}. */
  public final boolean isOfProcess() {
    return path.startsWith("/proc/") && Character.isDigit(path.charAt("/proc/".length()));
  }

  /** Whether it can be mapped: what the kernel writes cannot be. */
  public boolean isMappable() {
    return false;
  }

  /** Whether {@code lseek(2)} can go to its end: with most texts the kernel does not know it. */
  public boolean hasEnd() {
    return !isText();
  }

  /** {@code st_rdev}. */
  long deviceNumber() {
    return 0;
  }

  /** {@code st_size}. */
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

  /** What is at the same place there. */
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

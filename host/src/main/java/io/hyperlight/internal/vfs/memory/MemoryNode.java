package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Space;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file in memory. */
record MemoryNode(MemoryTree tree, long inode) implements Node {
  private MemoryNode of(long number) {
    return new MemoryNode(tree, number);
  }

  @Override
  public FileStatus status() {
    return tree.status(inode);
  }

  @Override
  public FileKind kind() {
    return tree.kind(inode);
  }

  @Override
  public Node in(Counterparts other) {
    return new MemoryNode(other.tree(tree.device(), MemoryTree.class), inode);
  }

  @Override
  public Hold hold() {
    return canBeHeld() ? tree.inodes().hold(inode) : Hold.NONE;
  }

  /** The root cannot be removed, so it needs no hold. */
  @Override
  public boolean canBeHeld() {
    return tree.isWritable() && inode != MemoryState.ROOT;
  }

  @Override
  public Space space() {
    return tree.space();
  }

  @Override
  public @Nullable Node child(String name) {
    tree.directories().requireSearchable(inode);
    long number = tree.directories().child(inode, name);
    return number == MemoryDirectories.NONE ? null : of(number);
  }

  @Override
  public void requireSearchable() {
    tree.directories().requireSearchable(inode);
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
    return tree.directories().entriesAfter(inode, null, Integer.MAX_VALUE);
  }

  @Override
  public boolean isListedInPieces() {
    return true;
  }

  @Override
  public List<DirectoryEntry> entriesAfter(@Nullable String name, int most) {
    return tree.directories().entriesAfter(inode, name, most);
  }

  @Override
  public String target() {
    return tree.target(inode);
  }

  @Override
  public FileContent open(boolean write) {
    return MemoryContent.open(tree, inode, write);
  }

  @Override
  public boolean isWritable() {
    return tree.isWritable();
  }

  @Override
  public Node createFile(String name, int permissions) {
    return of(tree.directories().createFile(inode, name, permissions));
  }

  @Override
  public Node createDirectory(String name, int permissions) {
    return of(tree.directories().createDirectory(inode, name, permissions));
  }

  @Override
  public Node createSymbolicLink(String name, String target) {
    return of(tree.directories().createSymbolicLink(inode, name, target));
  }

  @Override
  public Node createUnnamed(int permissions, boolean linkable) {
    return of(tree.directories().createUnnamed(permissions, linkable));
  }

  @Override
  public Node createSealable(int permissions, int seals) {
    long number = tree.directories().createUnnamed(permissions, false);
    tree.files().beginSeals(number, seals);
    return of(number);
  }

  @Override
  public Node createSpecial(String name, FileKind kind, int permissions) {
    return of(tree.directories().createSpecial(inode, name, kind, permissions));
  }

  @Override
  public void link(String name, Node existing) {
    tree.directories().link(inode, name, sameTree(existing).inode);
  }

  @Override
  public void unlink(String name) {
    tree.directories().unlink(inode, name);
  }

  @Override
  public void removeDirectory(String name) {
    tree.directories().removeDirectory(inode, name);
  }

  @Override
  public void rename(String name, Node directory, String newName, Renaming how) {
    MemoryNode target = sameTree(directory.unmergedFor(newName));
    tree.rename(inode, name, target.inode, newName, how);
  }

  private MemoryNode sameTree(Node other) {
    if (other.unmerged() instanceof MemoryNode node && node.tree.equals(tree)) {
      return node;
    }
    throw new FileException(Errno.EXDEV);
  }

  @Override
  public void setPermissions(int permissions) {
    tree.setPermissions(inode, permissions);
  }

  @Override
  public void setTimes(@Nullable Instant accessed, @Nullable Instant modified) {
    tree.setTimes(inode, accessed, modified);
  }
}

package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.SharedContent;
import java.util.Objects;

/** An open file in memory. The file stays while it is open, even without a name. */
final class MemoryContent implements SharedContent {
  private final MemoryTree tree;
  private final long inode;
  private final boolean write;
  private final long generation;
  private boolean closed;

  private MemoryContent(MemoryTree tree, long inode, boolean write) {
    this.tree = tree;
    this.inode = inode;
    this.write = write;
    this.generation = tree.inodes().generation();
  }

  static FileContent open(MemoryTree tree, long inode, boolean write) {
    if (write && !tree.isWritable()) {
      throw new FileException(Errno.EROFS);
    }
    tree.files().retain(inode);
    return new MemoryContent(tree, inode, write);
  }

  /** The part of an open file that a snapshot keeps: the number of its inode. */
  private record Kept(int device, long inode, boolean write) implements FileContent {
    @Override
    public FileContent in(Counterparts other) {
      return open(other.tree(device, MemoryTree.class), inode, write);
    }

    @Override
    public FileStatus status() {
      throw new FileException(Errno.EBADF);
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      throw new FileException(Errno.EBADF);
    }

    @Override
    public int write(long offset, byte[] source, int from, int length) {
      throw new FileException(Errno.EBADF);
    }

    @Override
    public void truncate(long size) {
      throw new FileException(Errno.EBADF);
    }

    @Override
    public void close() {}
  }

  private boolean isValid() {
    return !closed && generation == tree.inodes().generation();
  }

  private void requireValid(boolean forWriting) {
    if (!isValid() || (forWriting && !write)) {
      throw new FileException(Errno.EBADF);
    }
  }

  @Override
  public FileStatus status() {
    requireValid(false);
    return tree.status(inode);
  }

  @Override
  public int read(long offset, byte[] target, int from, int length) {
    Objects.checkFromIndexSize(from, length, target.length);
    requireValid(false);
    return tree.files().read(inode, offset, target, from, length);
  }

  @Override
  public int write(long offset, byte[] source, int from, int length) {
    Objects.checkFromIndexSize(from, length, source.length);
    requireValid(true);
    return tree.files().write(inode, offset, source, from, length);
  }

  @Override
  public void truncate(long size) {
    requireValid(true);
    tree.files().truncate(inode, size);
  }

  @Override
  public boolean outlivesRestore() {
    return false;
  }

  @Override
  public void punch(long from, long to) {
    requireValid(true);
    tree.files().punch(inode, from, to);
  }

  @Override
  public void reserve(long from, long to, boolean extend) {
    requireValid(true);
    tree.files().reserve(inode, from, to, extend);
  }

  @Override
  public long nextData(long offset) {
    requireValid(false);
    return tree.files().nextData(inode, offset);
  }

  @Override
  public long nextHole(long offset) {
    requireValid(false);
    return tree.files().nextHole(inode, offset);
  }

  @Override
  public boolean isShareable() {
    return tree.isWritable();
  }

  @Override
  public FileContent mapped(Counterparts system) {
    return new Kept(tree.device(), inode, tree.isWritable()).in(system);
  }

  @Override
  public int seals() {
    requireValid(false);
    return tree.files().seals(inode);
  }

  @Override
  public void addSeals(int seals) {
    requireValid(false);
    tree.files().addSeals(inode, seals);
  }

  @Override
  public void requireRoom(long from, long to) {
    requireValid(true);
    tree.files().requireRoom(inode, from, to);
  }

  @Override
  public boolean putBack(long offset, byte[] source, int from, int length) {
    Objects.checkFromIndexSize(from, length, source.length);
    requireValid(true);
    return tree.files().putBack(inode, offset, source, from, length);
  }

  @Override
  public FileContent in(Counterparts other) {
    return kept().in(other);
  }

  @Override
  public FileContent kept() {
    return new Kept(tree.device(), inode, write);
  }

  @Override
  public void close() {
    if (isValid()) {
      tree.inodes().release(inode);
    }
    closed = true;
  }
}

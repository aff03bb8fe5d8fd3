package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.time.Instant;

/** What is between the two ends of a pipe: up to 64 KiB or less, first in, first out. */
public final class Pipe {
  /** The most that one can hold, as a new one does: {@code pipe-max-size} of the kernel. */
  static final int CAPACITY = 1 << 16;

  /** What is written as a whole or not at all; {@code PIPE_BUF}. */
  static final int ATOMIC = 4096;

  /** Of standard streams, which come first. */
  private static final long FIRST_INODE = 16;

  private final long inode;

  /** As long as it had to be until now. */
  private byte[] ring;

  private int first;
  private int count;
  private int readers;
  private int writers;

  /** How much it may hold: a power of two, whole pages. */
  private int capacity = CAPACITY;

  private int permissions = 0600;

  /** How often a FIFO was opened to be written. */
  private long writersSeen;

  /**
   * An empty one.
   *
   * @param number that no other pipe has
   */
  Pipe(int number) {
    inode = FIRST_INODE + number;
    ring = new byte[0];
  }

  private Pipe(Pipe original) {
    inode = original.inode;
    ring = new byte[original.count];
    original.copyOut(ring, original.count);
    count = original.count;
    writersSeen = original.writersSeen;
    capacity = original.capacity;
    permissions = original.permissions;
  }

  /** The same contents, and no ends yet. */
  Pipe copy() {
    return new Pipe(this);
  }

  static FileStatus status(long inode, int permissions) {
    return new FileStatus(
        0, inode, FileKind.PIPE, permissions, 1, 0, Instant.EPOCH, Instant.EPOCH, Instant.EPOCH, 0);
  }

  FileStatus status() {
    return status(inode, permissions);
  }

  public void setPermissions(int permissions) {
    this.permissions = permissions;
  }

  String name() {
    return "pipe:[" + inode + "]";
  }

  int number() {
    return (int) (inode - FIRST_INODE);
  }

  /** An end of a FIFO may be both. */
  void addEnd(boolean reads, boolean writes) {
    readers += reads ? 1 : 0;
    writers += writes ? 1 : 0;
  }

  void removeEnd(boolean reads, boolean writes) {
    readers -= reads ? 1 : 0;
    writers -= writes ? 1 : 0;
  }

  void noteWriter() {
    writersSeen++;
  }

  long writersSeen() {
    return writersSeen;
  }

  boolean hasReaders() {
    return readers > 0;
  }

  boolean hasWriters() {
    return writers > 0;
  }

  int count() {
    return count;
  }

  int room() {
    return capacity - count;
  }

  int capacity() {
    return capacity;
  }

  /** Lets it hold so much, a power of two and not less than there is in it. */
  void setCapacity(int bytes) {
    capacity = bytes;
  }

  /** Takes out as much as there is, and fits. */
  int take(byte[] target) {
    int length = Math.min(count, target.length);
    copyOut(target, length);
    skip(length);
    return length;
  }

  /** What comes next, and stays. */
  byte[] peek(int length) {
    byte[] bytes = new byte[Math.min(count, length)];
    copyOut(bytes, bytes.length);
    return bytes;
  }

  /** Drops bytes that are there. */
  void skip(int length) {
    count -= length;
    first = count == 0 ? 0 : (first + length) % ring.length;
  }

  private void copyOut(byte[] target, int length) {
    int straight = Math.min(length, ring.length - first);
    System.arraycopy(ring, first, target, 0, straight);
    System.arraycopy(ring, 0, target, straight, length - straight);
  }

  /** Puts in bytes that there is room for. */
  void put(byte[] source, int length) {
    if (count + length > ring.length) {
      byte[] larger = new byte[Math.clamp(2L * (count + length), ATOMIC, CAPACITY)];
      copyOut(larger, count);
      ring = larger;
      first = 0;
    }
    int end = (first + count) % Math.max(1, ring.length);
    int straight = Math.min(length, ring.length - end);
    System.arraycopy(source, 0, ring, end, straight);
    System.arraycopy(source, straight, ring, 0, length - straight);
    count += length;
  }
}

package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.time.Instant;

/** The buffer between the two ends of a pipe: first in, first out. It holds at most 64 KiB. */
public final class Pipe {
  /** The capacity of a new pipe, which is also the maximum: {@code pipe-max-size} of the kernel. */
  static final int CAPACITY = 1 << 16;

  /** A write of this size or less is done as a whole or not at all: {@code PIPE_BUF}. */
  static final int ATOMIC = 4096;

  /** The standard streams have the numbers below. */
  private static final long FIRST_INODE = 16;

  private final long inode;

  /** Grows to the largest size needed so far. */
  private byte[] ring;

  private int first;
  private int count;
  private int readers;
  private int writers;

  /** The capacity in bytes: a power of two, whole pages. */
  private int capacity = CAPACITY;

  private int permissions = 0600;

  /** How often a FIFO was opened for writing. */
  private long writersSeen;

  /**
   * Creates an empty pipe.
   *
   * @param number unique among the pipes
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

  /** Returns a pipe with the same contents and no ends yet. */
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

  /** Adds an end. An end of a FIFO may be both. */
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

  /** Sets the capacity: a power of two, and not below the present number of bytes. */
  void setCapacity(int bytes) {
    capacity = bytes;
  }

  /** Removes as many bytes as there are and as fit. */
  int take(byte[] target) {
    int length = Math.min(count, target.length);
    copyOut(target, length);
    skip(length);
    return length;
  }

  /** Returns the next bytes without removing them. */
  byte[] peek(int length) {
    byte[] bytes = new byte[Math.min(count, length)];
    copyOut(bytes, bytes.length);
    return bytes;
  }

  /** Removes bytes, which are there. */
  void skip(int length) {
    count -= length;
    first = count == 0 ? 0 : (first + length) % ring.length;
  }

  private void copyOut(byte[] target, int length) {
    int straight = Math.min(length, ring.length - first);
    System.arraycopy(ring, first, target, 0, straight);
    System.arraycopy(ring, 0, target, straight, length - straight);
  }

  /** Adds bytes, for which there is room. */
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

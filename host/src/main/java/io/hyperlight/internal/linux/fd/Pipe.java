package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The buffer between the two ends of a pipe: first in, first out.
 *
 * <p>As on Linux, it consists of slots. Each holds at most a page. A write begins a new slot,
 * unless its last bytes fit into the last slot. So a pipe can be full before it holds as many bytes
 * as its capacity says.
 */
public final class Pipe {
  /** The capacity of a new pipe, which is also the maximum: {@code pipe-max-size} of the kernel. */
  static final int CAPACITY = 1 << 16;

  /** The size of a slot. A write of this size or less is done as a whole: {@code PIPE_BUF}. */
  static final int PAGE = 4096;

  /** The standard streams have the numbers below. */
  private static final long FIRST_INODE = 16;

  /** The bytes of one slot. */
  private static final class Slot {
    private byte[] bytes;
    private int start;
    private int end;

    /** Whether a later write may add to it. */
    private final boolean grows;

    /** Whether a read ends behind it, and drops what does not fit: {@code O_DIRECT}. */
    private final boolean packet;

    Slot(byte[] bytes, boolean grows, boolean packet) {
      this(bytes, 0, bytes.length, grows, packet);
    }

    Slot(byte[] bytes, int start, int end, boolean grows, boolean packet) {
      this.bytes = bytes;
      this.start = start;
      this.end = end;
      this.grows = grows;
      this.packet = packet;
    }

    int length() {
      return end - start;
    }

    /** Returns the first bytes as a slot of its own, to which nothing is added. */
    Slot part(int length) {
      return new Slot(Arrays.copyOfRange(bytes, start, start + length), false, packet);
    }
  }

  private final long inode;
  private final Readiness readiness = new Readiness();
  private final ArrayDeque<Slot> slots = new ArrayDeque<>(1);

  /** How many slots there can be. */
  private int maximum = CAPACITY / PAGE;

  private int count;
  private int readers;
  private int writers;
  private int permissions = 0600;

  /** How often a FIFO was opened for reading and for writing. */
  private long readersSeen;

  private long writersSeen;

  /**
   * Creates an empty pipe.
   *
   * @param number unique among the pipes
   */
  Pipe(int number) {
    inode = FIRST_INODE + number;
  }

  private Pipe(Pipe original) {
    inode = original.inode;
    for (Slot slot : original.slots) {
      byte[] bytes = Arrays.copyOf(slot.bytes, slot.end);
      slots.add(new Slot(bytes, slot.start, slot.end, slot.grows, slot.packet));
    }
    count = original.count;
    writersSeen = original.writersSeen;
    readersSeen = original.readersSeen;
    maximum = original.maximum;
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
    return numberOf(inode);
  }

  static int numberOf(long inode) {
    return (int) (inode - FIRST_INODE);
  }

  long inode() {
    return inode;
  }

  /** Returns what tells waiting tasks of changes. */
  Readiness readiness() {
    return readiness;
  }

  /** Adds an end. An end of a FIFO may be both. */
  void addEnd(boolean reads, boolean writes) {
    readers += reads ? 1 : 0;
    writers += writes ? 1 : 0;
  }

  void removeEnd(boolean reads, boolean writes) {
    readers -= reads ? 1 : 0;
    writers -= writes ? 1 : 0;
    if (hasReaders() != hasWriters()) {
      readiness.hangUp().changed();
    }
  }

  /** Notes that a FIFO was opened, for which the other side may wait. */
  void noteOpened(boolean reads, boolean writes) {
    readersSeen += reads ? 1 : 0;
    writersSeen += writes ? 1 : 0;
    readiness.hangUp().changed();
  }

  long readersSeen() {
    return readersSeen;
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

  boolean isFull() {
    return slots.size() >= maximum;
  }

  /** Returns how many bytes fit into new slots. */
  int room() {
    return Math.max(0, maximum - slots.size()) * PAGE;
  }

  int capacity() {
    return maximum * PAGE;
  }

  /**
   * Sets the capacity.
   *
   * @param bytes a multiple of a page
   * @return false if there are more slots already
   */
  boolean setCapacity(int bytes) {
    if (bytes / PAGE < slots.size()) {
      return false;
    }
    boolean wasFull = isFull();
    maximum = bytes / PAGE;
    if (wasFull && !isFull()) {
      readiness.output().changed();
    }
    return true;
  }

  /** Returns whether the last slot takes more bytes. */
  boolean canGrow(int length) {
    Slot last = slots.peekLast();
    return last != null && last.grows && last.end + length <= PAGE;
  }

  /** Adds bytes to the last slot, which {@linkplain #canGrow takes} them. */
  void grow(byte[] source) {
    Slot last = slots.getLast();
    if (last.end + source.length > last.bytes.length) {
      last.bytes = Arrays.copyOf(last.bytes, Math.min(PAGE, 2 * (last.end + source.length)));
    }
    System.arraycopy(source, 0, last.bytes, last.end, source.length);
    last.end += source.length;
    added(source.length);
  }

  /**
   * Adds a slot, for which there is room.
   *
   * @param bytes at most a page; belongs to the pipe from now on
   */
  void add(byte[] bytes, boolean grows, boolean packet) {
    slots.add(new Slot(bytes, grows, packet));
    added(bytes.length);
  }

  /**
   * Adds as many bytes as there is room for, in slots to which nothing is added.
   *
   * @param at the offset in its page that the first byte had before
   * @return how many bytes
   */
  int addPages(byte[] bytes, int at) {
    int done = 0;
    while (done < bytes.length && !isFull()) {
      int length = Math.min(bytes.length - done, PAGE - (at + done) % PAGE);
      add(Arrays.copyOfRange(bytes, done, done + length), false, false);
      done += length;
    }
    return done;
  }

  private void added(int length) {
    count += length;
    readiness.input().changed();
  }

  /** Removes as many bytes as there are and as fit. A packet ends it. */
  int take(byte[] target) {
    int done = 0;
    while (done < target.length && !slots.isEmpty()) {
      Slot first = slots.getFirst();
      int length = Math.min(first.length(), target.length - done);
      System.arraycopy(first.bytes, first.start, target, done, length);
      done += length;
      consume(first, first.packet ? first.length() : length, false);
      if (first.packet) {
        break;
      }
    }
    return done;
  }

  /**
   * Removes bytes of the first slot.
   *
   * @param tells whether writers are told of every slot that becomes free, as {@code splice(2)}
   *     does; a read tells them only if the pipe was full
   */
  private void consume(Slot first, int length, boolean tells) {
    first.start += length;
    count -= length;
    if (first.length() == 0) {
      boolean wasFull = isFull();
      slots.removeFirst();
      if (wasFull || tells) {
        readiness.output().changed();
      }
    }
  }

  /** Answers whether the next read returns a packet. */
  boolean hasPacket() {
    return !slots.isEmpty() && slots.getFirst().packet;
  }

  /** Returns the next bytes without removing them. */
  byte[] peek(int most) {
    byte[] bytes = new byte[Math.min(count, most)];
    int done = 0;
    for (Slot slot : slots) {
      int length = Math.min(slot.length(), bytes.length - done);
      System.arraycopy(slot.bytes, slot.start, bytes, done, length);
      done += length;
    }
    return bytes;
  }

  /** Removes bytes, which are there. */
  void skip(int length) {
    for (int left = length; left > 0; ) {
      Slot first = slots.getFirst();
      int piece = Math.min(left, first.length());
      consume(first, piece, true);
      left -= piece;
    }
  }

  /** Moves bytes to another pipe, as many as it has room for. */
  int moveTo(Pipe other, int most) {
    int done = 0;
    while (done < most && !slots.isEmpty() && !other.isFull()) {
      Slot first = slots.getFirst();
      int length = Math.min(most - done, first.length());
      other.slots.add(
          length == first.length()
              ? new Slot(first.bytes, first.start, first.end, first.grows, first.packet)
              : first.part(length));
      other.added(length);
      consume(first, length, true);
      done += length;
    }
    return done;
  }

  /** Copies bytes to another pipe, as many as it has room for. They stay here. */
  int copyTo(Pipe other, int most) {
    int done = 0;
    for (Slot slot : slots) {
      if (done == most || other.isFull()) {
        break;
      }
      int length = Math.min(most - done, slot.length());
      other.slots.add(slot.part(length));
      other.added(length);
      done += length;
    }
    return done;
  }
}

package io.hyperlight.internal.linux.base;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The guest's memory that a system call reads into or writes from: one buffer, or those of a {@code
 * struct iovec} table. They are gone through piece by piece, so that no call costs the host more
 * memory than a piece.
 */
public final class Buffers {
  /** The most bytes one call moves: {@code MAX_RW_COUNT} of the kernel, 2 GiB less a page. */
  public static final long MAX_BYTES = 0x7fff_f000L;

  /** The most bytes of a piece. */
  public static final int PIECE = Checkpoint.MOST_BYTES;

  private static final int MAX_PARTS = 1024;
  private static final int PART_SIZE = 16;

  private record Part(long address, long size) {}

  private final GuestMemory memory;
  private final List<Part> parts = new ArrayList<>();
  private long size;

  // Where the next piece begins.
  private int part;
  private long within;

  private Buffers(GuestMemory memory) {
    this.memory = memory;
  }

  /** One, of any address and size. */
  public static Buffers one(GuestMemory memory, long address, long size) {
    Buffers buffers = new Buffers(memory);
    buffers.add(address, size);
    return buffers;
  }

  /** Those of a table, of any address and length. */
  public static Buffers table(GuestMemory memory, long address, long count) {
    if (count < 0 || count > MAX_PARTS) {
      throw new FileException(Errno.EINVAL);
    }
    Buffers buffers = new Buffers(memory);
    ByteBuffer table = memory.readStruct(address, (int) count * PART_SIZE);
    while (table.hasRemaining()) {
      long part = table.getLong();
      long size = table.getLong();
      if (size < 0) {
        throw new FileException(Errno.EINVAL);
      }
      buffers.add(part, size);
    }
    return buffers;
  }

  private void add(long address, long wanted) {
    if (address < 0 || wanted < 0 || wanted > AddressSpace.USER_END - address) {
      throw new FileException(Errno.EFAULT); // beyond user space, however much of it is used
    }
    long length = Math.min(wanted, MAX_BYTES - size);
    if (length > 0) {
      parts.add(new Part(address, length));
      size += length;
    }
  }

  /** How many bytes there are in all. */
  public long size() {
    return size;
  }

  /**
   * How long the next piece is: as much as the guest can use itself.
   *
   * @param write whether it is to be written
   * @return 0 at the end, and where the guest cannot go on
   */
  public int next(boolean write) {
    int usable = 0;
    long skipped = within;
    for (int at = part; at < parts.size() && usable < PIECE; at++) {
      Part here = parts.get(at);
      int wanted = (int) Math.min(PIECE - usable, here.size - skipped);
      int length = memory.accessible(here.address + skipped, wanted, write);
      usable += length;
      if (length < wanted) {
        break;
      }
      skipped = 0;
    }
    return usable;
  }

  /** Copies the beginning of a piece in, and goes on behind it. */
  public void put(byte[] bytes, int length) {
    for (int done = 0; done < length; ) {
      Part here = parts.get(part);
      int piece = (int) Math.min(here.size - within, length - done);
      memory.write(here.address + within, bytes, done, piece);
      done += piece;
      advance(here, piece);
    }
  }

  /** Copies a piece out, and goes on behind it. */
  public byte[] take(int length) {
    if (length > 0 && length <= parts.get(part).size - within) {
      Part here = parts.get(part);
      byte[] bytes = memory.read(here.address + within, length);
      advance(here, length);
      return bytes;
    }
    byte[] bytes = new byte[length];
    for (int done = 0; done < length; ) {
      Part here = parts.get(part);
      int piece = (int) Math.min(here.size - within, length - done);
      System.arraycopy(memory.read(here.address + within, piece), 0, bytes, done, piece);
      done += piece;
      advance(here, piece);
    }
    return bytes;
  }

  private void advance(Part here, int length) {
    within += length;
    if (within == here.size) {
      part++;
      within = 0;
    }
  }
}

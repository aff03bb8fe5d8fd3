package io.hyperlight.internal.linux.base;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the guest's memory that a system call reads or writes: one buffer, or those of a {@code
 * struct iovec} table. It goes piece by piece, so that no call costs the host more memory than one
 * piece.
 */
public final class Buffers {
  /**
   * The maximum number of bytes that one call moves: {@code MAX_RW_COUNT} of the kernel, 2 GiB less
   * a page.
   */
  public static final long MAX_BYTES = 0x7fff_f000L;

  /** The maximum size of a piece in bytes. */
  public static final int PIECE = Checkpoint.MAX_BYTES;

  private static final int MAX_PARTS = 1024;
  private static final int PART_SIZE = 16;

  private record Part(long address, long size) {}

  private final GuestMemory memory;
  private final List<Part> parts = new ArrayList<>();
  private long size;

  // The position where the next piece begins.
  private int part;
  private long within;

  private Buffers(GuestMemory memory) {
    this.memory = memory;
  }

  /** Returns one buffer of any address and size. */
  public static Buffers one(GuestMemory memory, long address, long size) {
    Buffers buffers = new Buffers(memory);
    buffers.add(address, size);
    return buffers;
  }

  /** Reads a table of buffers. Its address and length may have any value. */
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
      throw new FileException(Errno.EFAULT); // even if the call uses only a part
    }
    long length = Math.min(wanted, MAX_BYTES - size);
    if (length > 0) {
      parts.add(new Part(address, length));
      size += length;
    }
  }

  /** Returns the total number of bytes. */
  public long size() {
    return size;
  }

  /**
   * Returns the size of the next piece that the guest itself could access.
   *
   * @param write whether the piece will be written
   * @return 0 at the end, and where the guest has no access
   */
  public int next(boolean write) {
    return next(write, PIECE);
  }

  /**
   * Returns the size of the next piece that the guest itself could access.
   *
   * @param most the maximum result
   */
  public int next(boolean write, int most) {
    int usable = 0;
    long skipped = within;
    for (int at = part; at < parts.size() && usable < most; at++) {
      Part here = parts.get(at);
      int wanted = (int) Math.min(most - usable, here.size - skipped);
      int length = memory.accessible(here.address + skipped, wanted, write);
      usable += length;
      if (length < wanted) {
        break;
      }
      skipped = 0;
    }
    return usable;
  }

  /** Copies bytes to the start of the next piece in the guest, and moves past them. */
  public void put(byte[] bytes, int length) {
    for (int done = 0; done < length; ) {
      Part here = parts.get(part);
      int piece = (int) Math.min(here.size - within, length - done);
      memory.write(here.address + within, bytes, done, piece);
      done += piece;
      advance(here, piece);
    }
  }

  /** Copies bytes of the next piece from the guest, and moves past them. */
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

  /** Moves past bytes, which an earlier run of the same call has moved. At most to the end. */
  public void skip(long length) {
    for (long left = length; left > 0 && part < parts.size(); ) {
      Part here = parts.get(part);
      int piece = (int) Math.min(here.size - within, left);
      advance(here, piece);
      left -= piece;
    }
  }

  private void advance(Part here, int length) {
    within += length;
    if (within == here.size) {
      part++;
      within = 0;
    }
  }
}

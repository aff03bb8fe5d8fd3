package io.hyperlight.linux;

import io.hyperlight.files.FileException;
import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The guest's memory that a system call reads into or writes from: one buffer, or those of a {@code
 * struct iovec} table. No more than a mebibyte of it, so that no call costs the host more; such
 * calls read or write less than they were asked to.
 */
final class Buffers {
  /** The most bytes one call moves. */
  static final int MOST_BYTES = 1 << 20;

  private static final int MOST_PARTS = 1024;
  private static final int PART_SIZE = 16;

  private record Part(long address, int size) {}

  private final GuestMemory memory;
  private final List<Part> parts = new ArrayList<>();
  private int size;

  private Buffers(GuestMemory memory) {
    this.memory = memory;
  }

  /** One, of any address and size. */
  static Buffers one(SystemCalls guest, long address, long size) {
    Buffers buffers = new Buffers(guest.mem());
    buffers.add(address, size);
    return buffers;
  }

  /** Those of a table, of any address and length. */
  static Buffers table(SystemCalls guest, long address, long count) {
    if (count < 0 || count > MOST_PARTS) {
      throw new FileException(Errno.EINVAL);
    }
    Buffers buffers = new Buffers(guest.mem());
    ByteBuffer table = guest.mem().readStruct(address, (int) count * PART_SIZE);
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
    int length = (int) Math.min(wanted, MOST_BYTES - size);
    if (length > 0) {
      parts.add(new Part(address, length));
      size += length;
    }
  }

  /**
   * As much of it, from its beginning, as the guest can use itself.
   *
   * @param write whether it is to be written
   * @throws FileException EFAULT if that is nothing
   */
  private int usable(boolean write) {
    int usable = 0;
    for (Part part : parts) {
      int length = memory.accessible(part.address, part.size, write);
      usable += length;
      if (length < part.size) {
        break;
      }
    }
    if (usable == 0 && size > 0) {
      throw new FileException(Errno.EFAULT);
    }
    return usable;
  }

  /** Room for what is to be put into it. */
  byte[] room() {
    return new byte[usable(true)];
  }

  /** Copies bytes in that were read to the {@link #room}. */
  void put(byte[] bytes, int length) {
    int done = 0;
    for (Part part : parts) {
      if (done == length) {
        break;
      }
      int piece = Math.min(part.size, length - done);
      memory.write(part.address, bytes, done, piece);
      done += piece;
    }
  }

  /** Copies out what is in it. */
  byte[] get() {
    byte[] bytes = new byte[usable(false)];
    int done = 0;
    for (Part part : parts) {
      if (done == bytes.length) {
        break;
      }
      int piece = Math.min(part.size, bytes.length - done);
      System.arraycopy(memory.read(part.address, piece), 0, bytes, done, piece);
      done += piece;
    }
    return bytes;
  }
}

package io.hyperlight.internal.linux.base;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the guest's memory behind a system call's pointers. Any method may throw {@link
 * GuestAddressException}, which is EFAULT to the guest.
 */
public final class GuestMemory {
  private static final long PAGE_SIZE = 4096;

  private final AddressSpace space;

  public GuestMemory(AddressSpace space) {
    this.space = space;
  }

  public byte[] read(long address, long length) {
    return space.read(address, length);
  }

  /** Copies a structure from the guest. */
  public ByteBuffer readStruct(long address, int size) {
    return ByteBuffer.wrap(space.read(address, size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  public int readInt(long address) {
    return readStruct(address, Integer.BYTES).getInt();
  }

  /** Reads an aligned number in one access, which other processors may change meanwhile. */
  public int readWord(long address) {
    return space.words().read(address);
  }

  /**
   * Replaces an aligned number in one access.
   *
   * @return false if it was another one than expected
   */
  public boolean replaceWord(long address, int expected, int next) {
    return space.words().replace(address, expected, next);
  }

  public long readLong(long address) {
    return readStruct(address, Long.BYTES).getLong();
  }

  /**
   * Returns how many bytes the guest itself could read or write at an address. Those that are to be
   * written have memory then.
   *
   * @param address any value
   * @param most the maximum result; not negative
   */
  public int accessible(long address, int most, boolean write) {
    if (isAccessible(address, most, write)) {
      return most;
    }
    int length = 0;
    while (length < most) {
      long at = address + length;
      int piece = (int) Math.min(PAGE_SIZE - (at & PAGE_SIZE - 1), most - length);
      if (!isAccessible(at, piece, write)) {
        break;
      }
      length += piece;
    }
    return length;
  }

  private boolean isAccessible(long address, int length, boolean write) {
    return write ? space.prepareWrite(address, length) : space.isMapped(address, length);
  }

  public void write(long address, byte[] bytes) {
    space.write(address, bytes);
  }

  public void write(long address, byte[] source, int from, int length) {
    write(
        address,
        from == 0 && length == source.length
            ? source
            : Arrays.copyOfRange(source, from, from + length));
  }

  /**
   * Writes a structure.
   *
   * @param struct from {@link #struct} or {@link #readStruct}; its array holds nothing else
   */
  public void write(long address, ByteBuffer struct) {
    write(address, struct.array(), struct.arrayOffset(), struct.capacity());
  }

  /** Returns all bytes of a structure, whatever its position is. */
  public static byte[] bytes(ByteBuffer struct) {
    byte[] bytes = new byte[struct.capacity()];
    struct.get(0, bytes);
    return bytes;
  }

  /** Writes a number. If it is aligned, other processors see all of it change at once. */
  public void writeInt(long address, int value) {
    if (address % Integer.BYTES == 0) {
      space.words().write(address, value);
    } else {
      write(address, struct(Integer.BYTES).putInt(value));
    }
  }

  /** Does the same for eight bytes. */
  public void writeLong(long address, long value) {
    if (address % Long.BYTES == 0) {
      space.words().write(address, value);
    } else {
      write(address, struct(Long.BYTES).putLong(value));
    }
  }

  /** Returns an empty structure to fill and write. */
  public static ByteBuffer struct(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads bytes up to a zero byte, and leaves the zero byte out.
   *
   * @param most the maximum number of bytes, with the zero byte
   * @return null if none of these bytes is zero
   */
  public byte @Nullable [] readString(long address, int most) {
    byte[] text = readPrefix(address, most);
    return text.length < most ? text : null;
  }

  /**
   * Does the same, but also returns bytes without a zero byte behind them.
   *
   * @param most the maximum length of the result, which is shorter if there is a zero byte
   */
  public byte[] readPrefix(long address, int most) {
    byte[] text = new byte[0];
    // Reads up to the end of one page at a time. The memory after the zero byte need not be
    // mapped.
    while (text.length < most) {
      long at = address + text.length;
      int length = (int) Math.min(PAGE_SIZE - (at & PAGE_SIZE - 1), most - text.length);
      byte[] piece = space.read(at, length);
      int end = 0;
      while (end < length && piece[end] != 0) {
        end++;
      }
      int size = text.length;
      text = Arrays.copyOf(text, size + end);
      System.arraycopy(piece, 0, text, size, end);
      if (end < length) {
        return text;
      }
    }
    return text;
  }
}

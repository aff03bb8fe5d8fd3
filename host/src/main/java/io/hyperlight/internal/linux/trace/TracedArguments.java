package io.hyperlight.internal.linux.trace;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a traced system call, and the memory that they point to.
 *
 * <p><b>Boundary.</b> All arguments are hostile, and so is the memory that they point to. If that
 * memory cannot be read, the pointer is shown as a number. Only the beginning of strings and tables
 * is read. Everything but printable ASCII is shown as a number. Nothing is thrown, whatever the
 * guest does.
 */
final class TracedArguments {
  /** The maximum number of bytes that are shown of a buffer. */
  static final int LONGEST_BUFFER = 64;

  /**
   * The maximum number of bytes that are shown of a path. It is larger because the end of a path
   * matters more.
   */
  static final int LONGEST_PATH = 256;

  /** The maximum number of entries that are shown of a table. */
  static final int MAX_ENTRIES = 16;

  private static final long PAGE_SIZE = 4096;
  private static final long LAST_ERROR = -4095;

  private final AddressSpace space;
  private final long[] arguments;
  private long result;

  /**
   * Holds the arguments of a call before it is answered.
   *
   * @param arguments six, of any values; not copied
   */
  TracedArguments(AddressSpace space, long[] arguments) {
    this.space = space;
    this.arguments = arguments;
  }

  /** Sets the result of the call. */
  void setResult(long answer) {
    result = answer;
  }

  long get(int index) {
    return arguments[index];
  }

  /** Returns an argument that the kernel takes as 32 bits. */
  int getInt(int index) {
    return (int) arguments[index];
  }

  /** Returns the result of the call. Valid only for outputs. */
  long result() {
    return result;
  }

  boolean failed() {
    return result < 0 && result >= LAST_ERROR;
  }

  /** Reads bytes, or returns null if not all of them can be read. The length must be small. */
  byte @Nullable [] read(long address, int length) {
    try {
      return space.read(address, length);
    } catch (GuestAddressException e) {
      return null;
    }
  }

  /** Reads a structure, or returns null if not all of it can be read. */
  @Nullable ByteBuffer struct(long address, int size) {
    byte[] bytes = read(address, size);
    return bytes == null ? null : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Formats text up to a zero byte. Shows at most {@code most} bytes. */
  String string(long address, int most) {
    byte[] found = readable(address, most + 1);
    int end = 0;
    while (end < found.length && found[end] != 0) {
      end++;
    }
    if (end < found.length) {
      return QuotedBytes.of(Arrays.copyOf(found, end), false);
    }
    return end > most
        ? QuotedBytes.of(Arrays.copyOf(found, most), true)
        : NumberTexts.pointer(address);
  }

  /**
   * Reads as many of these bytes as possible: those of the first page if the second cannot be read.
   */
  private byte[] readable(long address, int length) {
    int first = (int) Math.min(length, PAGE_SIZE - (address & PAGE_SIZE - 1));
    byte[] all = read(address, length);
    byte[] some = all == null ? read(address, first) : all;
    return some == null ? new byte[0] : some;
  }

  /** Formats the beginning of a buffer. */
  String buffer(long address, long length) {
    boolean more = Long.compareUnsigned(length, LONGEST_BUFFER) > 0;
    byte[] bytes = read(address, more ? LONGEST_BUFFER : (int) length);
    return bytes == null || address == 0
        ? NumberTexts.pointer(address)
        : QuotedBytes.of(bytes, more);
  }
}

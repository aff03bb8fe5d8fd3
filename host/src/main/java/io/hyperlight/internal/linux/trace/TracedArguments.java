package io.hyperlight.internal.linux.trace;

import io.hyperlight.internal.machine.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a system call that is shown, and the memory that they point to.
 *
 * <p><b>Boundary.</b> All arguments are hostile, and so is all that they point to. A pointer is
 * shown as a number if what it points to cannot be read. Of strings and tables only the beginning
 * is read. What is not printable ASCII is shown as a number. Nothing is thrown, whatever the guest
 * does.
 */
final class TracedArguments {
  /** The most bytes of a buffer that are shown. */
  static final int LONGEST_BUFFER = 64;

  /** The most bytes of a path that are shown: its end tells more than that of a buffer. */
  static final int LONGEST_PATH = 256;

  /** The most entries of a table that are shown. */
  static final int MAX_ENTRIES = 16;

  private static final long PAGE_SIZE = 4096;
  private static final long LAST_ERROR = -4095;

  private final AddressSpace space;
  private final long[] arguments;
  private long result;

  /**
   * Those of a call that is about to be answered.
   *
   * @param arguments six, of any values; not copied
   */
  TracedArguments(AddressSpace space, long[] arguments) {
    this.space = space;
    this.arguments = arguments;
  }

  /** The call was answered. */
  void setResult(long answer) {
    result = answer;
  }

  long get(int index) {
    return arguments[index];
  }

  /** An argument that the kernel takes as 32 bits. */
  int getInt(int index) {
    return (int) arguments[index];
  }

  /** What the call was answered; makes sense for outputs only. */
  long result() {
    return result;
  }

  boolean failed() {
    return result < 0 && result >= LAST_ERROR;
  }

  /** Null if not all of it can be read; so many bytes that nobody minds. */
  byte @Nullable [] read(long address, int length) {
    return space.isMapped(address, length) ? space.read(address, length) : null;
  }

  /** A structure, or null if not all of it can be read. */
  @Nullable ByteBuffer struct(long address, int size) {
    byte[] bytes = read(address, size);
    return bytes == null ? null : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Text up to a zero byte, of which so many bytes are shown at most. */
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

  /** As many of these bytes as can be read: of the first page if the second one cannot. */
  private byte[] readable(long address, int length) {
    int first = (int) Math.min(length, PAGE_SIZE - (address & PAGE_SIZE - 1));
    byte[] all = read(address, length);
    byte[] some = all == null ? read(address, first) : all;
    return some == null ? new byte[0] : some;
  }

  /** The beginning of a buffer. */
  String buffer(long address, long length) {
    boolean more = Long.compareUnsigned(length, LONGEST_BUFFER) > 0;
    byte[] bytes = read(address, more ? LONGEST_BUFFER : (int) length);
    return bytes == null || address == 0
        ? NumberTexts.pointer(address)
        : QuotedBytes.of(bytes, more);
  }
}

package io.hyperlight.internal.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads little-endian bytes of an untrusted file, with checks.
 *
 * <p><b>Boundary.</b> Offsets and lengths come from the file and may be any 64-bit values. Every
 * read is checked against the size, without overflow. The message of a failed read names what was
 * to be read.
 */
public final class FileBytes {
  private final byte[] bytes;
  private final ByteBuffer buffer;

  FileBytes(byte[] bytes) {
    this.bytes = bytes;
    buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns all bytes. The caller must not change them. */
  public byte[] array() {
    return bytes;
  }

  public int size() {
    return bytes.length;
  }

  /** Checks that a range lies within the bytes, and returns its offset as an index. */
  private int check(long offset, long length, String what) {
    if (offset < 0 || length < 0 || length > bytes.length || offset > bytes.length - length) {
      throw new GuestFormatException(
          "truncated: %s (%s bytes at offset %s) is not within its %d bytes"
              .formatted(
                  what,
                  Long.toUnsignedString(length),
                  Long.toUnsignedString(offset),
                  bytes.length));
    }
    return (int) offset;
  }

  int u8(long offset, String what) {
    return Byte.toUnsignedInt(bytes[check(offset, 1, what)]);
  }

  int u16(long offset, String what) {
    return Short.toUnsignedInt(buffer.getShort(check(offset, 2, what)));
  }

  int i32(long offset, String what) {
    return buffer.getInt(check(offset, 4, what));
  }

  long u32(long offset, String what) {
    return Integer.toUnsignedLong(i32(offset, what));
  }

  long i64(long offset, String what) {
    return buffer.getLong(check(offset, 8, what));
  }

  void putI64(long offset, long value, String what) {
    buffer.putLong(check(offset, 8, what), value);
  }

  byte[] copy(long offset, long length, String what) {
    int from = check(offset, length, what);
    return Arrays.copyOfRange(bytes, from, from + (int) length);
  }

  /** Reads a zero-terminated UTF-8 string that is no longer than a number of bytes. */
  String string(long offset, int longest, String what) {
    int from = check(offset, 1, what);
    int end = from;
    while (end < bytes.length && end - from <= longest && bytes[end] != 0) {
      end++;
    }
    if (end == bytes.length || end - from > longest) {
      throw new GuestFormatException(
          what + " does not end within " + longest + " bytes or the file");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, from, end - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new GuestFormatException(what + " is not UTF-8");
    }
  }
}

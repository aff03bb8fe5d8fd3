package io.hyperlight.snapshots;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The bytes of a snapshot file, for tests that damage them. The offsets repeat those of
 * docs/snapshot-format.md on purpose, independently of the library.
 */
final class SnapshotBytes {
  static final int MAGIC = 0;
  static final int FORMAT_VERSION = 8;
  static final int ABI_VERSION = 12;
  static final int FEATURES = 16;
  static final int XCR0 = 24;
  static final int MEMORY = 32;
  static final int STACK = 40;
  static final int WINDOW_END = 48;
  static final int BREAK = 56;
  static final int BREAK_END = 64;
  static final int FS_BASE = 72;
  static final int GS_BASE = 80;
  static final int MXCSR = 88;
  static final int X87_CONTROL = 92;
  static final int RESERVED = 94;
  static final int VERSION_SIZE = 96;
  static final int NAME_SIZE = 100;
  static final int MAPPINGS = 104;
  static final int RUNS = 108;
  static final int PROGRAM_SIZE = 112;
  static final int PAGES = 116;
  static final int RESERVED_LAST = 120;
  static final int HEADER_SIZE = 128;

  static final int MAPPING_SIZE = 24;
  static final int RUN_SIZE = 16;
  static final int DIGEST_SIZE = 32;
  private static final int PAGE_SIZE = 4096;

  private byte[] bytes;
  private ByteBuffer buffer;

  SnapshotBytes(byte[] bytes) {
    this.bytes = bytes.clone();
    buffer = ByteBuffer.wrap(this.bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  int size() {
    return bytes.length;
  }

  int getInt(int at) {
    return buffer.getInt(at);
  }

  long getLong(int at) {
    return buffer.getLong(at);
  }

  SnapshotBytes setByte(int at, int value) {
    bytes[at] = (byte) value;
    return this;
  }

  SnapshotBytes setShort(int at, int value) {
    buffer.putShort(at, (short) value);
    return this;
  }

  SnapshotBytes setInt(int at, int value) {
    buffer.putInt(at, value);
    return this;
  }

  SnapshotBytes setLong(int at, long value) {
    buffer.putLong(at, value);
    return this;
  }

  SnapshotBytes set(int at, byte[] source) {
    buffer.put(at, source);
    return this;
  }

  byte get(int at) {
    return bytes[at];
  }

  // The places of the parts, according to the header.

  int version() {
    return HEADER_SIZE;
  }

  int name() {
    return version() + getInt(VERSION_SIZE);
  }

  int mapping(int number) {
    int names = name() + getInt(NAME_SIZE);
    return (names + 7 & -8) + number * MAPPING_SIZE;
  }

  int run(int number) {
    return mapping(getInt(MAPPINGS)) + number * RUN_SIZE;
  }

  int program() {
    return run(getInt(RUNS));
  }

  int page(int number) {
    int end = program() + getInt(PROGRAM_SIZE);
    return (end + PAGE_SIZE - 1 & -PAGE_SIZE) + number * PAGE_SIZE;
  }

  int digest() {
    return bytes.length - DIGEST_SIZE;
  }

  /** Cuts the file off. */
  SnapshotBytes truncate(int size) {
    return become(Arrays.copyOf(bytes, size));
  }

  /** Replaces some bytes by others. The number of bytes may change. */
  SnapshotBytes replace(int from, int length, byte[] replacement) {
    byte[] changed = new byte[bytes.length - length + replacement.length];
    System.arraycopy(bytes, 0, changed, 0, from);
    System.arraycopy(replacement, 0, changed, from, replacement.length);
    int behind = from + length;
    System.arraycopy(bytes, behind, changed, from + replacement.length, bytes.length - behind);
    return become(changed);
  }

  private SnapshotBytes become(byte[] changed) {
    bytes = changed;
    buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return this;
  }

  /** Stores the correct digest. */
  SnapshotBytes seal() {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(bytes, 0, digest());
      return set(digest(), sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  byte[] toByteArray() {
    return bytes.clone();
  }

  Path writeTo(Path file) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

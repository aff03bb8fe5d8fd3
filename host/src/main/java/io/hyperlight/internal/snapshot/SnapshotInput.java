package io.hyperlight.internal.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Reads a file once, from its start, and computes the digest of the bytes that it returned. So the
 * digest is that of the bytes that were used, even if the file changes meanwhile.
 */
final class SnapshotInput {
  private final SeekableByteChannel channel;
  private final MessageDigest digest = sha256();

  SnapshotInput(SeekableByteChannel channel) {
    this.channel = channel;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Returns the size that the file claims, in bytes. */
  long size() throws IOException {
    return channel.size();
  }

  /** Returns the next bytes, or fewer where the file ends. */
  byte[] readUpTo(int length) throws IOException {
    byte[] bytes = new byte[length];
    int read = fill(bytes, length);
    digest.update(bytes, 0, read);
    return read == length ? bytes : Arrays.copyOf(bytes, read);
  }

  /**
   * Returns the next bytes.
   *
   * @throws SnapshotFormatException if the file ends before
   */
  byte[] read(int length) throws IOException {
    byte[] bytes = new byte[length];
    read(bytes, length);
    return bytes;
  }

  /** Fills the start of an array. */
  void read(byte[] target, int length) throws IOException {
    if (fill(target, length) < length) {
      throw SnapshotHeader.truncated();
    }
    digest.update(target, 0, length);
  }

  /** Reads bytes that must be 0. */
  void skipZeros(int length) throws IOException {
    for (byte b : read(length)) {
      if (b != 0) {
        throw SnapshotHeader.invalid("its padding is not 0");
      }
    }
  }

  private int fill(byte[] target, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, 0, length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        break;
      }
    }
    return buffer.position();
  }

  /** Returns whether the next bytes are the digest of all bytes before. */
  boolean endsInDigest() throws IOException {
    byte[] expected = digest.digest();
    byte[] actual = new byte[expected.length];
    return fill(actual, actual.length) == actual.length && MessageDigest.isEqual(expected, actual);
  }
}

package io.hyperlight.internal.linux.fd;

import java.util.List;

/** What was sent to a socket and nobody has received yet. */
final class SocketMessage {
  /** What a message costs beside its bytes, as {@code struct sk_buff} does on Linux. */
  private static final int OVERHEAD = 768;

  private static final int UNIT = 256;

  private final byte[] bytes;
  private int start;
  private List<OpenFile> files;

  /**
   * Creates a message.
   *
   * @param bytes belongs to the message from now on
   * @param files are in flight
   */
  SocketMessage(byte[] bytes, List<OpenFile> files) {
    this.bytes = bytes;
    this.files = files;
  }

  int length() {
    return bytes.length - start;
  }

  /** Returns what the message takes of the sender's buffer. */
  int charge() {
    return OVERHEAD + (bytes.length + UNIT - 1) / UNIT * UNIT;
  }

  /** Copies the first bytes. */
  void copy(byte[] target, int at, int length) {
    System.arraycopy(bytes, start, target, at, length);
  }

  void skip(int length) {
    start += length;
  }

  List<OpenFile> files() {
    return files;
  }

  /** Returns the files, which are no longer in the message. They are still in flight. */
  List<OpenFile> takeFiles() {
    List<OpenFile> taken = files;
    files = List.of();
    return taken;
  }
}

package io.hyperlight.internal.os;

/**
 * Reads and writes descriptors that are streams, as {@code read(2)} and {@code write(2)} do. Unlike
 * them, an interrupt of the thread ends the wait. The methods wait in {@code poll(2)} for short
 * times, and then move only as many bytes as cannot block.
 */
public final class DescriptorStreams {
  /** The result if the thread was interrupted. Its interrupt status stays set. */
  public static final int INTERRUPTED = Integer.MIN_VALUE;

  /** How many bytes a pipe takes without blocking once {@code poll} reports that it is writable. */
  private static final int PIPE_BUF = 4096;

  private static final int MOST = 1 << 20;

  private static final int POLLIN = 1;
  private static final int POLLOUT = 4;

  /** The longest time in milliseconds that an interrupt may go unnoticed. */
  private static final int WAIT_MILLIS = 50;

  private static final int S_IFREG = 0100000;

  private DescriptorStreams() {}

  /**
   * Writes some bytes.
   *
   * @return how many bytes, at least 1; or a negative error number, or {@link #INTERRUPTED}
   */
  public static int write(int descriptor, byte[] source, int from, int length) {
    int most = Math.min(length, MOST);
    while (true) {
      if (!isRegular(descriptor)) {
        int waited = await(descriptor, POLLOUT);
        if (waited < 0) {
          return waited;
        }
        most = Math.min(length, PIPE_BUF);
      }
      int written = FileCalls.write(descriptor, source, from, most);
      // Other code has made the open file non-blocking, and was quicker.
      if (written != -Errno.EAGAIN) {
        return written;
      }
    }
  }

  /**
   * Reads some bytes.
   *
   * @return how many bytes, 0 at the end; or a negative error number, or {@link #INTERRUPTED}
   */
  public static int read(int descriptor, byte[] target, int from, int length) {
    while (true) {
      if (!isRegular(descriptor)) {
        int waited = await(descriptor, POLLIN);
        if (waited < 0) {
          return waited;
        }
      }
      int count = FileCalls.read(descriptor, target, from, Math.min(length, MOST));
      if (count != -Errno.EAGAIN) {
        return count;
      }
    }
  }

  /**
   * Answers whether a descriptor is a regular file, which never waits. True for a descriptor that
   * is not open: the call that follows reports the error.
   */
  private static boolean isRegular(int descriptor) {
    try {
      return FileCalls.fstat(descriptor).kind() == S_IFREG;
    } catch (SystemCallException e) {
      return true;
    }
  }

  private static int await(int descriptor, int events) {
    while (true) {
      if (Thread.currentThread().isInterrupted()) {
        return INTERRUPTED;
      }
      int ready = FileCalls.poll(descriptor, events, WAIT_MILLIS);
      if (ready != 0) {
        return Math.min(ready, 0);
      }
    }
  }
}

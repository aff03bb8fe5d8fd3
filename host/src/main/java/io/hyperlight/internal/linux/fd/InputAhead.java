package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads one piece of an input ahead, on a thread of the library, so that other tasks run while one
 * waits for it. What was read is kept until somebody takes it: no restore drops it.
 *
 * <p>The thread refers to the input only, and to nothing of the sandbox once {@link #close} was
 * called.
 */
final class InputAhead {
  /** How many bytes are read ahead at most. */
  private static final int PIECE = 1 << 14;

  private static final ExecutorService THREADS = LibraryThreads.executor("hyperlight-input-");

  private final StandardStreams.Input input;

  // Guarded by this.
  private byte @Nullable [] bytes;
  private @Nullable Throwable failure;
  private @Nullable Runnable arrival;
  private @Nullable Future<?> reading;

  InputAhead(StandardStreams.Input input) {
    this.input = input;
  }

  /** Answers whether there is something to take. */
  synchronized boolean hasArrived() {
    return bytes != null || failure != null;
  }

  /** Answers whether a piece is being read. */
  synchronized boolean isReading() {
    return reading != null;
  }

  /**
   * Begins to read. Nothing has arrived, and nothing is being read.
   *
   * @param whenArrived is run on the reading thread, and must be short
   */
  synchronized void begin(Runnable whenArrived) {
    arrival = whenArrived;
    reading = THREADS.submit(this::read);
  }

  private void read() {
    byte[] found = null;
    Throwable thrown = null;
    try {
      found = input.read(PIECE);
    } catch (Throwable t) {
      thrown = t;
    }
    Runnable told;
    synchronized (this) {
      bytes = found;
      failure = thrown;
      reading = null;
      told = arrival;
      arrival = null;
    }
    if (told != null) {
      told.run();
    }
  }

  /**
   * Returns what has arrived, at most some bytes of it; empty at the end. The rest stays.
   *
   * @throws RuntimeException from the input
   */
  synchronized byte[] take(int most) {
    Throwable thrown = failure;
    failure = null;
    if (thrown instanceof Error e) {
      throw e;
    }
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    byte[] there = bytes == null ? new byte[0] : bytes;
    int length = Math.min(most, there.length);
    bytes = length < there.length ? Arrays.copyOfRange(there, length, there.length) : null;
    return Arrays.copyOf(there, length);
  }

  /** Interrupts the thread, if it reads, and forgets whom it would have told. */
  synchronized void close() {
    arrival = null;
    if (reading != null) {
      reading.cancel(true);
    }
  }
}

package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Connects a guest's standard streams to the embedder. They are not part of the guest's state: a
 * restore does not take back output.
 */
public final class StandardStreams {
  /** Takes what a guest writes to its standard streams. */
  @FunctionalInterface
  public interface Output {
    /**
     * Takes bytes that the guest wrote.
     *
     * @param error whether to standard error
     */
    void print(byte[] bytes, boolean error);
  }

  /** Provides a guest's standard input. */
  @FunctionalInterface
  public interface Input {
    /** An empty input. */
    Input EMPTY =
        new Input() {
          @Override
          public byte[] read(int most) {
            return new byte[0];
          }

          @Override
          public boolean isEmpty() {
            return true;
          }
        };

    /**
     * Returns the next bytes. May wait for them.
     *
     * @param most the maximum number of bytes; positive
     * @return the bytes that there are; none at the end; null if there are none yet and the guest
     *     is to wait for them. {@code SystemCalls.answer} then reports that the guest waits. The
     *     next call of it asks again.
     */
    byte @Nullable [] read(int most);

    /** Answers whether {@link #read} returns bytes or the end at once. True if not known. */
    default boolean isReady() {
      return true;
    }

    /** Returns a number of bytes that the next {@link #read} does not exceed. */
    default int mostToRead() {
      return Integer.MAX_VALUE;
    }

    /** Answers whether the input is the requests for a served program. */
    default boolean isServed() {
      return false;
    }

    /** Answers whether {@link #read} might wait now for what comes from outside. */
    default boolean mayWait() {
      return false;
    }

    /** Answers whether there will never be any input. False if that is not known. */
    default boolean isEmpty() {
      return false;
    }
  }

  /** What a world with several tasks knows of events from outside. */
  public interface Outside {
    /** Answers whether other tasks could run while one waits. */
    boolean hasSeveralTasks();

    /** Says that an event will come, so that tasks that wait are in no deadlock. */
    void expect();

    /**
     * Adds an event that was expected. For any thread.
     *
     * @param reaction is run on the thread that runs the world
     */
    void post(Runnable reaction);
  }

  /** How many bytes of standard error are kept for the message of an exception. */
  private static final int KEPT_BYTES = 4096;

  private static final byte[] NOTHING = {};

  private final Context context;
  private final CallBudget budget;
  private final Input input;
  private final Output output;
  private final InputAhead ahead;
  private @Nullable Outside outside;
  private byte[] lastErrors = NOTHING;
  private final Readiness readiness = new Readiness();
  private final WaitSource arrival = new WaitSource(readiness.input());

  public StandardStreams(Context context, CallBudget budget, Input input, Output output) {
    this.context = context;
    this.budget = budget;
    this.input = input;
    this.output = output;
    ahead = new InputAhead(input);
  }

  /** Connects standard input with the world that uses it. */
  public void connect(Outside world) {
    outside = world;
  }

  /** Stops reading ahead. */
  public void close() {
    ahead.close();
  }

  /** Forgets what earlier calls wrote to standard error. */
  public void beginCall() {
    if (lastErrors.length > 0) {
      lastErrors = NOTHING;
    }
  }

  /**
   * Returns what changes when the embedder has a request for a served program. Only tasks wait for
   * it. The readiness of standard input changes with it.
   */
  public WaitSource arrival() {
    return arrival;
  }

  /** Returns what tells of changes of standard input. */
  Readiness inputReadiness() {
    return readiness;
  }

  /** Returns a number of bytes that the next read does not exceed. */
  int mostToRead() {
    return ahead.hasArrived() ? Integer.MAX_VALUE : input.mostToRead();
  }

  /** Answers whether the input is the requests for a served program. */
  boolean isServed() {
    return input.isServed();
  }

  /**
   * Answers whether a read returns at once. True if that is not known, and no other task could run.
   * Otherwise this begins to read ahead.
   */
  boolean isInputReady() {
    return !readsAhead() && (ahead.hasArrived() || input.isReady());
  }

  /**
   * Answers whether a piece is being read ahead. Begins that if nothing has arrived and a read
   * could hold up other tasks.
   */
  private boolean readsAhead() {
    if (ahead.isReading()) {
      return true;
    }
    Outside world = outside;
    if (ahead.hasArrived() || world == null || !input.mayWait() || !world.hasSeveralTasks()) {
      return false;
    }
    WeakReference<StandardStreams> own = new WeakReference<>(this);
    ahead.begin(() -> arrived(own));
    world.expect();
    return true;
  }

  /** Tells the world that input has arrived, if it still exists. On any thread. */
  private static void arrived(WeakReference<StandardStreams> of) {
    StandardStreams streams = of.get();
    Outside world = streams == null ? null : streams.outside;
    if (streams != null && world != null) {
      world.post(streams.readiness.input()::changed);
    }
  }

  /** Returns the last bytes that the call wrote to standard error. */
  public byte[] lastErrors() {
    return lastErrors;
  }

  /** Answers whether there was no input and never will be any. */
  boolean isInputEmpty() {
    return input.isEmpty();
  }

  /**
   * Signals that there is nothing to read yet. The guest waits at its system call, which has
   * changed nothing.
   */
  public static final class WaitingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WaitingException() {
      super("the guest waits for input", null, false, false);
    }
  }

  int read(Caller caller, byte[] target) {
    byte[] bytes;
    if (readsAhead()) {
      throw caller
          .waiting()
          .block(
              "waits for standard input (read)",
              Deadline.NEVER,
              Restart.IF_HANDLER_ASKS,
              readiness.input());
    } else if (ahead.hasArrived()) {
      bytes = ahead.take(target.length);
    } else {
      int most = target.length;
      bytes =
          context.call().isAwayFromCaller()
              ? context.call().<byte @Nullable []>atCaller(() -> readOutside(most))
              : readOutside(most);
    }
    if (bytes == null) {
      throw new WaitingException();
    }
    if (bytes.length > target.length) {
      throw new IllegalStateException(
          "standard input returned %d bytes, but at most %d were asked for"
              .formatted(bytes.length, target.length));
    }
    System.arraycopy(bytes, 0, target, 0, bytes.length);
    return bytes.length;
  }

  private byte @Nullable [] readOutside(int most) {
    if (!context.call().goOutside()) {
      throw new FileException(Errno.EINTR);
    }
    try {
      return input.read(most);
    } finally {
      context.call().comeBack();
    }
  }

  void print(byte[] bytes, boolean error) {
    if (bytes.length == 0) {
      return; // no stack trace: the exception only carries control
    }
    budget.useOutput(bytes.length);
    if (error) {
      byte[] all = Arrays.copyOf(lastErrors, lastErrors.length + bytes.length);
      System.arraycopy(bytes, 0, all, lastErrors.length, bytes.length);
      lastErrors = Arrays.copyOfRange(all, Math.max(0, all.length - KEPT_BYTES), all.length);
    }
    if (context.call().isAwayFromCaller()) {
      context.call().atCaller(() -> printOutside(bytes, error));
    } else {
      printOutside(bytes, error);
    }
  }

  private boolean printOutside(byte[] bytes, boolean error) {
    boolean goesOn = context.call().goOutside();
    if (goesOn) {
      try {
        output.print(bytes, error);
      } finally {
        context.call().comeBack();
      }
    }
    return goesOn;
  }
}

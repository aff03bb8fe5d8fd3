package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a guest's standard streams come from and go to. No part of its state: what was printed
 * stays printed.
 */
public final class StandardStreams {
  /** Takes what a guest writes to its standard streams. */
  @FunctionalInterface
  public interface Output {
    /**
     * Bytes the guest wrote.
     *
     * @param error whether to standard error
     */
    void print(byte[] bytes, boolean error);
  }

  /** Gives a guest what it reads from its standard input. */
  @FunctionalInterface
  public interface Input {
    /** No input. */
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
     * The next bytes. May wait for them.
     *
     * @param most how many there may be; positive
     * @return those that there are; none at the end; null if there are none yet and the guest is to
     *     be left waiting for them: {@code SystemCalls.answer} then says so, and asks again when it
     *     is called again
     */
    byte @Nullable [] read(int most);

    /** Whether it is known that there never are any. */
    default boolean isEmpty() {
      return false;
    }
  }

  /** How much of standard error is kept for the message of an exception. */
  private static final int KEPT_BYTES = 4096;

  private static final byte[] NOTHING = {};

  private final Context context;
  private final CallBudget budget;
  private final Input input;
  private final Output output;
  private byte[] lastErrors = NOTHING;

  public StandardStreams(Context context, CallBudget budget, Input input, Output output) {
    this.context = context;
    this.budget = budget;
    this.input = input;
    this.output = output;
  }

  /** Forgets what earlier calls wrote to standard error. */
  public void beginCall() {
    lastErrors = NOTHING;
  }

  /** What the call has written to standard error last. */
  public byte[] lastErrors() {
    return lastErrors;
  }

  /** Whether there has never been and will never be any input. */
  boolean isInputEmpty() {
    return input.isEmpty();
  }

  /**
   * Nothing can be read yet, and the guest is to be left waiting at its system call, which has
   * changed nothing.
   */
  public static final class WaitingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WaitingException() {
      super("the guest waits for input", null, false, false);
    }
  }

  int read(byte[] target) {
    byte[] bytes = readOutside(target.length);
    if (bytes == null) {
      throw new WaitingException();
    }
    if (bytes.length > target.length) {
      throw new IllegalStateException(
          "standard input gave %d bytes instead of %d at most"
              .formatted(bytes.length, target.length));
    }
    System.arraycopy(bytes, 0, target, 0, bytes.length);
    return bytes.length;
  }

  private byte @Nullable [] readOutside(int most) {
    if (!context.goOutside()) {
      throw new FileException(Errno.EINTR);
    }
    try {
      return input.read(most);
    } finally {
      context.comeBack();
    }
  }

  void print(byte[] bytes, boolean error) {
    if (bytes.length == 0) {
      return; // nothing to tell anybody, and nothing that could be counted
    }
    budget.useOutput(bytes.length);
    if (error) {
      byte[] all = Arrays.copyOf(lastErrors, lastErrors.length + bytes.length);
      System.arraycopy(bytes, 0, all, lastErrors.length, bytes.length);
      lastErrors = Arrays.copyOfRange(all, Math.max(0, all.length - KEPT_BYTES), all.length);
    }
    if (context.goOutside()) {
      try {
        output.print(bytes, error);
      } finally {
        context.comeBack();
      }
    }
  }
}

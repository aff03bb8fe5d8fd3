package io.hyperlight.internal.call;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The requests to a served program, and its answers. A request is what the program reads from its
 * standard input until the end of file. The answer is what it then writes to its standard output
 * until it exits, or until it asks for more input after it has seen the end and written something.
 *
 * <p>Between requests the stream has neither an end nor contents, so a program that reads waits.
 */
final class RequestStream {
  private static final byte[] END = {};

  private byte[] request = END;
  private int position;

  /** Whether a request is being answered. */
  private boolean open;

  /** Whether the program has been told that the request is at its end. */
  private boolean ended;

  private ByteArrayOutputStream answer = new ByteArrayOutputStream();

  /** Puts a request. */
  void begin(byte[] request) {
    this.request = request.clone();
    position = 0;
    ended = false;
    open = true;
  }

  /** Ends it, whether it was answered or not; what was written so far. */
  byte[] end() {
    byte[] written = answer.toByteArray();
    open = false;
    request = END;
    answer = new ByteArrayOutputStream();
    return written;
  }

  /**
   * The next bytes.
   *
   * @return none at the end; null if there is no request, or it is answered
   */
  byte @Nullable [] read(int most) {
    if (!open) {
      return null;
    }
    if (position < request.length) {
      int length = Math.min(most, request.length - position);
      position += length;
      return Arrays.copyOfRange(request, position - length, position);
    }
    // Some programs want to see the end twice before they answer.
    if (ended && answer.size() > 0) {
      return null;
    }
    ended = true;
    return END;
  }

  /** Whether a request is being answered, by what the program writes. */
  boolean isOpen() {
    return open;
  }

  /** Takes a piece of the answer. */
  void write(byte[] bytes) {
    answer.writeBytes(bytes);
  }
}

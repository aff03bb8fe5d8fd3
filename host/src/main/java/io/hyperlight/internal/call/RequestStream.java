package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.fd.StandardStreams;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The requests to a served program, and its answers. The program reads a request from its standard
 * input until the end of file. The answer is what it then writes to its standard output. It is
 * complete when the program exits, or when it has seen the end, has written something, and asks for
 * more input.
 *
 * <p>Between requests the stream has neither contents nor an end, so a program that reads waits.
 */
final class RequestStream implements StandardStreams.Input {
  private static final byte[] END = {};

  private byte[] request = END;
  private int position;

  /** Whether a request is being answered. */
  private boolean open;

  /** Whether the program has seen the end of the request. */
  private boolean ended;

  private ByteArrayOutputStream answer = new ByteArrayOutputStream();

  /** Sets the request. */
  void begin(byte[] request) {
    this.request = request.clone();
    position = 0;
    ended = false;
    open = true;
  }

  /**
   * Ends the request, whether or not it was answered.
   *
   * @return what the program has written so far
   */
  byte[] end() {
    byte[] written = answer.toByteArray();
    open = false;
    request = END;
    answer = new ByteArrayOutputStream();
    return written;
  }

  /**
   * Returns the next bytes.
   *
   * @return the bytes; empty at the end; null if there is no request, or it is answered
   */
  @Override
  public byte @Nullable [] read(int most) {
    if (!isReady()) {
      return null;
    }
    if (position < request.length) {
      int length = Math.min(most, request.length - position);
      position += length;
      return Arrays.copyOfRange(request, position - length, position);
    }
    ended = true;
    return END;
  }

  /** Some programs read the end twice before they answer. */
  @Override
  public boolean isReady() {
    return open && (position < request.length || !ended || answer.size() == 0);
  }

  @Override
  public int mostToRead() {
    return request.length - position;
  }

  @Override
  public boolean isServed() {
    return true;
  }

  /** Returns whether a request is being answered by what the program writes. */
  boolean isOpen() {
    return open;
  }

  /** Adds a piece to the answer. */
  void write(byte[] bytes) {
    answer.writeBytes(bytes);
  }
}

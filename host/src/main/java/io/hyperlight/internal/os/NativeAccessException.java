package io.hyperlight.internal.os;

/** The JVM denies native access to this library. The message names the option that grants it. */
public final class NativeAccessException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NativeAccessException(String message, Throwable cause) {
    super(message, cause);
  }
}

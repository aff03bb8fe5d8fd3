package io.hyperlight.fuzz;

/** A part of the library that takes bytes from untrusted sources. For one thread at a time. */
public interface FuzzTarget extends AutoCloseable {
  /**
   * Passes an input to the library, and checks the result.
   *
   * @param input any bytes; the same bytes always have the same meaning
   * @throws AssertionError if a check fails
   * @throws RuntimeException that the library should not throw, and the same for {@link Error}
   */
  void tryInput(byte[] input);

  /**
   * Checks that the inputs have left nothing behind. This takes too long to do after each input.
   */
  void checkNothingIsLeft();

  @Override
  void close();
}

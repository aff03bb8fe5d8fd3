package io.hyperlight.fuzz;

/** Something of the library that takes bytes from whom nobody trusts. For one thread at a time. */
public interface FuzzTarget extends AutoCloseable {
  /**
   * Has the library take an input, and checks what has to hold afterwards.
   *
   * @param input any bytes; the same always mean the same
   * @throws AssertionError if something does not hold
   * @throws RuntimeException which the library has no business to throw, as {@link Error}
   */
  void tryInput(byte[] input);

  /**
   * Checks what has to hold after any number of inputs and takes too long to be looked at after
   * each: that they have left nothing behind.
   */
  void checkNothingIsLeft();

  @Override
  void close();
}

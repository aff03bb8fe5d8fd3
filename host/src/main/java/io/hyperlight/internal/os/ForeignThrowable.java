package io.hyperlight.internal.os;

/** Describes exceptions of code that is not the library's. */
public final class ForeignThrowable {
  private ForeignThrowable() {}

  /**
   * Returns the {@code toString} of an exception. That method is the embedder's code and may fail;
   * the result then says so.
   */
  public static String describe(Throwable foreign) {
    try {
      return String.valueOf(foreign);
    } catch (Throwable t) {
      return "%s, which cannot say what it is: its toString throws %s"
          .formatted(foreign.getClass().getName(), t.getClass().getName());
    }
  }
}

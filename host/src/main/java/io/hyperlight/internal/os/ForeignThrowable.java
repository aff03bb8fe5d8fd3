package io.hyperlight.internal.os;

/** What somebody else's code has thrown. */
public final class ForeignThrowable {
  private ForeignThrowable() {}

  /** What an exception says of itself. The code that does so is the embedder's, and may fail. */
  public static String describe(Throwable foreign) {
    try {
      return String.valueOf(foreign);
    } catch (Throwable t) {
      return "%s, which cannot say what it is: its toString throws %s"
          .formatted(foreign.getClass().getName(), t.getClass().getName());
    }
  }
}

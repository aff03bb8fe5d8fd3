package io.hyperlight;

/**
 * A host function threw an exception, which is the cause, and the guest gave up because of it.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle. A guest that
 * deals with the failure itself ends its call like any other.
 */
public final class HostFunctionException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** As the guest declares it. */
  private final String function;

  HostFunctionException(String function, Throwable cause) {
    super("host function " + function + " failed: " + describe(cause), cause);
    this.function = function;
  }

  /** What an exception says of itself. The code that does so is the embedder's, and may fail. */
  static String describe(Throwable foreign) {
    try {
      return String.valueOf(foreign);
    } catch (Throwable t) {
      return "%s, which cannot say what it is: its toString throws %s"
          .formatted(foreign.getClass().getName(), t.getClass().getName());
    }
  }

  /** {@return the host function as the guest declares it} */
  public String function() {
    return function;
  }
}

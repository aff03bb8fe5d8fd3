package io.hyperlight.internal.linux.trace;

import org.jspecify.annotations.Nullable;

/**
 * Describes an argument of a system call, and how traces show it.
 *
 * @param isOutput whether it points to data that the call writes, so that it is read after the call
 * @param renderer formats the argument
 */
record ArgumentKind(boolean isOutput, Renderer renderer) {
  /** Formats an argument of any value. */
  @FunctionalInterface
  interface Renderer {
    /** Null if this call, with its other arguments, does not have the argument. */
    @Nullable String text(TracedArguments call, int index);
  }

  static ArgumentKind input(Renderer renderer) {
    return new ArgumentKind(false, renderer);
  }

  /**
   * Returns a kind for data that is written only if the call succeeds. Otherwise only the pointer
   * is shown.
   */
  static ArgumentKind output(Renderer renderer) {
    return new ArgumentKind(
        true,
        (call, index) ->
            call.failed() ? NumberTexts.pointer(call.get(index)) : renderer.text(call, index));
  }
}

package io.hyperlight.internal.linux.trace;

import org.jspecify.annotations.Nullable;

/**
 * What an argument of a system call is, and so how it is shown.
 *
 * @param isOutput whether it points to what the call writes, and is looked at after it
 * @param renderer what makes text of it
 */
record ArgumentKind(boolean isOutput, Renderer renderer) {
  /** Makes text of an argument, whatever its value is. */
  @FunctionalInterface
  interface Renderer {
    /** Null if the call, as it is made, has no such argument. */
    @Nullable String text(TracedArguments call, int index);
  }

  static ArgumentKind input(Renderer renderer) {
    return new ArgumentKind(false, renderer);
  }

  /** What is there only if the call succeeds; else the pointer is all there is to show. */
  static ArgumentKind output(Renderer renderer) {
    return new ArgumentKind(
        true,
        (call, index) ->
            call.failed() ? NumberTexts.pointer(call.get(index)) : renderer.text(call, index));
  }
}

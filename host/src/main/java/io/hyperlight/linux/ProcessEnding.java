package io.hyperlight.linux;

/** Why a guest's program cannot go on after a system call. */
public sealed interface ProcessEnding {
  /**
   * It said that it is done.
   *
   * @param status 0 to 255
   * @param explanation what it printed to standard error last and what it was refused, for people;
   *     may be empty
   */
  record Exited(int status, String explanation) implements ProcessEnding {}

  /**
   * It sent itself a signal that ends it, as {@code abort(3)} does.
   *
   * @param signal its name
   * @param explanation as for {@link Exited}
   */
  record Killed(String signal, String explanation) implements ProcessEnding {}

  /**
   * It waits for something that cannot happen.
   *
   * @param what for people
   */
  record Stuck(String what) implements ProcessEnding {}
}

package io.hyperlight.internal.linux;

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
   * @param signal its number
   * @param name of the signal
   * @param explanation as for {@link Exited}
   */
  record Killed(int signal, String name, String explanation) implements ProcessEnding {}

  /**
   * It asks for input there is not yet. Its system call is not answered; {@link SystemCalls#answer}
   * can be called again when there is.
   */
  record WaitingForInput() implements ProcessEnding {}

  /**
   * It waits for something that cannot happen.
   *
   * @param what for people
   */
  record Stuck(String what) implements ProcessEnding {}
}

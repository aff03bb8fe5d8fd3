package io.hyperlight.internal.linux;

/** Says why a guest's program cannot continue after a system call. */
public sealed interface ProcessEnding {
  /**
   * The program has exited.
   *
   * @param status 0 to 255
   * @param explanation the last output to standard error and what was refused, for people; may be
   *     empty
   */
  record Exited(int status, String explanation) implements ProcessEnding {}

  /**
   * The program sent itself a signal that ends it, as {@code abort(3)} does.
   *
   * @param signal the signal's number
   * @param name the signal's name
   * @param explanation as for {@link Exited}
   */
  record Killed(int signal, String name, String explanation) implements ProcessEnding {}

  /**
   * The program reads input that is not there yet. Its system call is not answered. Call {@link
   * SystemCalls#answer} again when there is input.
   */
  record WaitingForInput() implements ProcessEnding {}

  /**
   * The program waits for something that cannot happen.
   *
   * @param what what it waits for, for people
   */
  record Stuck(String what) implements ProcessEnding {}
}

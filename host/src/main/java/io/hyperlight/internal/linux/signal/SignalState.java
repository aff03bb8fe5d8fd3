package io.hyperlight.internal.linux.signal;

import java.util.List;

/**
 * A program's signals between two calls. Immutable.
 *
 * @param actions those that are not the default
 * @param blocked a bit for each blocked signal, from signal 1
 * @param ofTask those that were sent to the task and are pending, likewise
 * @param ofProcess those that were sent to the process, likewise
 * @param queueOfTask what those are about that were sent to the task, the oldest first
 * @param queueOfProcess what those are about that were sent to the process, likewise
 * @param stack where handlers run that asked for a stack of their own
 */
public record SignalState(
    List<Action> actions,
    long blocked,
    long ofTask,
    long ofProcess,
    List<SignalInfo> queueOfTask,
    List<SignalInfo> queueOfProcess,
    Stack stack) {
  /** A new program's. */
  public static final SignalState INITIAL =
      new SignalState(List.of(), 0, 0, 0, List.of(), List.of(), Stack.NONE);

  /**
   * What a signal does.
   *
   * @param signal its number
   * @param handler an address, or 1 for nothing
   * @param flags of {@code sigaction(2)}
   * @param restorer where handlers return to
   * @param mask what is blocked meanwhile
   */
  public record Action(int signal, long handler, long flags, long restorer, long mask) {}

  /**
   * {@code sigaltstack(2)}.
   *
   * @param start its lowest address
   * @param sizeBytes 0 if there is none
   * @param flags SS_AUTODISARM or none
   */
  public record Stack(long start, long sizeBytes, int flags) {
    /** None. */
    public static final Stack NONE = new Stack(0, 0, 0);

    boolean contains(long stackPointer) {
      return stackPointer - start > 0 && stackPointer - start <= sizeBytes;
    }
  }
}

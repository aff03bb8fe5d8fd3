package io.hyperlight.internal.linux.signal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds a program's signals between two calls. Immutable.
 *
 * @param actions those that are not the default
 * @param blocked a bit for each blocked signal, from signal 1
 * @param ofTask a bit for each pending signal that was sent to the task
 * @param ofProcess a bit for each pending signal that was sent to the process
 * @param queueOfTask the information of the signals that were sent to the task, the oldest first
 * @param queueOfProcess the information of the signals that were sent to the process, the oldest
 *     first
 * @param stack the stack for handlers that ask for one of their own
 * @param saved the signals that are blocked again after a system call that blocks others meanwhile;
 *     null for none
 * @param looks whether the task has to look for pending signals
 */
public record SignalState(
    List<Action> actions,
    long blocked,
    long ofTask,
    long ofProcess,
    List<SignalInfo> queueOfTask,
    List<SignalInfo> queueOfProcess,
    Stack stack,
    @Nullable Long saved,
    boolean looks) {
  /** The signals of a new program. */
  public static final SignalState INITIAL =
      new SignalState(List.of(), 0, 0, 0, List.of(), List.of(), Stack.NONE, null, false);

  /**
   * Holds the action of a signal.
   *
   * @param signal its number
   * @param handler an address, or 1 to ignore the signal
   * @param flags of {@code sigaction(2)}
   * @param restorer where handlers return to
   * @param mask the signals that are blocked while the handler runs
   */
  public record Action(int signal, long handler, long flags, long restorer, long mask) {}

  /**
   * Holds the stack of {@code sigaltstack(2)}.
   *
   * @param start its lowest address
   * @param sizeBytes 0 for no stack
   * @param flags SS_AUTODISARM or none
   */
  public record Stack(long start, long sizeBytes, int flags) {
    /** No stack. */
    public static final Stack NONE = new Stack(0, 0, 0);

    boolean contains(long stackPointer) {
      return stackPointer - start > 0 && stackPointer - start <= sizeBytes;
    }
  }
}

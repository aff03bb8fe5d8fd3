package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.linux.wait.WaitSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Waits for descriptors of which none is ready. Signals under another mask may end the wait. */
public final class PollWait {
  private final Caller caller;
  private final GuestMemory memory;

  /** Creates the waits of a task. */
  public PollWait(Caller caller, GuestMemory memory) {
    this.caller = caller;
    this.memory = memory;
  }

  /**
   * Returns what a call returns that has found nothing, or throws what lets the task wait.
   *
   * @param mask the signals that are blocked meanwhile; null for the task's own
   * @param what for people: what the task waits for
   * @param end is run if the call ends here
   * @return 0 or a negated error number
   */
  long await(
      PollTimeout timeout,
      @Nullable Long mask,
      String what,
      List<WaitSource> sources,
      Runnable end) {
    TaskWait waiting = caller.waiting();
    if (mask != null) {
      caller.signals().blockDuringCall(mask);
    }
    // As Linux does, a signal comes before the end of the time.
    if (!waiting.isInterrupted() && timeout.isOver(waiting)) {
      end.run();
      timeout.tell(memory, waiting);
      return 0;
    }
    RuntimeException wait =
        waiting.block(
            what, timeout.deadline(waiting), Restart.NEVER, sources.toArray(new WaitSource[0]));
    if (wait instanceof InterruptedWaitException) {
      end.run();
      timeout.tell(memory, waiting);
    }
    throw wait;
  }
}

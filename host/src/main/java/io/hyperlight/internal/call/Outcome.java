package io.hyperlight.internal.call;

import io.hyperlight.error.GuestLimitException;
import io.hyperlight.internal.linux.ThreadReport;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which a call ends without a result. The API makes an exception of each. {@link
 * #abandonsGuest} decides for all of them whether the sandbox is unusable afterwards.
 */
public sealed interface Outcome {
  /** The call did not begin. */
  sealed interface Refusal extends Outcome {}

  /** Guest code ran, or may have run. */
  sealed interface Ending extends Outcome {}

  /** Another thread is using the sandbox. */
  record InUse(@Nullable Thread user) implements Refusal {}

  /** A host function, stream or listener of the running call tried to use the sandbox itself. */
  record Reentered() implements Refusal {}

  /** The calling thread is interrupted. */
  record NotBegun() implements Refusal {}

  /** The sandbox is closed. */
  record Closed() implements Refusal {}

  /** An earlier call left the sandbox unusable. */
  record Unusable(Ending since) implements Refusal {}

  /**
   * An argument is not a value that the guest's declaration allows, or does not fit into guest
   * memory.
   */
  record BadArgument(String problem) implements Refusal {}

  /**
   * The guest did something that the processor or this library does not allow.
   *
   * @param place where the access was, if the fault was one
   * @param threads of the guest, if it has several
   */
  record Fault(Trap trap, Place place, List<ThreadReport> threads) implements Ending {}

  /** Where an access that faulted was. */
  enum Place {
    ANYWHERE,
    /** The guard page below the call stack. */
    STACK_GUARD,
    /** A page of a mapping after the end of its file. */
    BEHIND_FILE
  }

  /** The guest made an invalid system call of this library. */
  record Violation(String what, RegisterValues registers) implements Ending {}

  /**
   * The guest aborted.
   *
   * @param signal the signal that it killed itself with; SIGABRT if it named none
   */
  record Aborted(String message, int signal) implements Ending {
    static final int SIGABRT = 6;
  }

  /**
   * The guest's program ended in the middle of a call.
   *
   * @param status the exit status
   * @param explanation what it printed last; may be empty
   */
  record Exited(int status, String explanation) implements Ending {}

  /** A whole program asks for input that is not available yet. */
  record WaitingForInput() implements Ending {}

  /**
   * The guest used more than its limits allow.
   *
   * @param most how much the guest may use
   */
  record LimitPassed(GuestLimitException.Kind kind, long most) implements Ending {}

  /**
   * The host ended the call.
   *
   * @param limitNanos the time limit, if one was passed; otherwise 0
   * @param registers the guest's registers, with RIP where it was
   * @param threads of the guest, if it has several
   */
  record Stopped(Stop why, long limitNanos, RegisterValues registers, List<ThreadReport> threads)
      implements Ending {}

  /**
   * The guest waits for something that cannot happen.
   *
   * @param threads of the guest, if it has several
   */
  record Stuck(String what, List<ThreadReport> threads) implements Ending {}

  /** The guest aborted because a host function had failed. */
  record HostFunctionFailed(String declaration, Throwable cause) implements Ending {}

  /** A host function failed with an error that the guest may not handle. */
  record HostError(Error error) implements Ending {}

  /** KVM failed. */
  record HypervisorFailed(RuntimeException cause) implements Ending {}

  /** The guest's function returned and reported an error. */
  record GuestError(String message) implements Ending {}

  /** The guest's function returned something that is not a value of its type. */
  record InvalidResult(String problem) implements Ending {}

  /**
   * Returns whether guest code was left in the middle, so that the state of its memory is unknown.
   * A call that returned to the gate was not left, whatever it returned.
   */
  default boolean abandonsGuest() {
    return switch (this) {
      case Fault _,
          Violation _,
          Aborted _,
          Exited _,
          Stuck _,
          LimitPassed _,
          Stopped _,
          HostFunctionFailed _,
          HostError _,
          HypervisorFailed _ ->
          true;
      case GuestError _,
          InvalidResult _,
          WaitingForInput _,
          NotBegun _,
          InUse _,
          Reentered _,
          Closed _,
          Unusable _,
          BadArgument _ ->
          false;
    };
  }

  /** Makes the exceptions for outcomes. */
  @FunctionalInterface
  interface Reporter {
    /** Returns the exception that reports an outcome. */
    RuntimeException exceptionFor(Outcome outcome);
  }
}

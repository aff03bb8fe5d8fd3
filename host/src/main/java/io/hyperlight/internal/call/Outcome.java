package io.hyperlight.internal.call;

import io.hyperlight.error.GuestLimitException;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that keeps a call from giving its result. The API makes an exception of each; which of
 * them leave the sandbox unusable is decided in {@link #abandonsGuest}, for all of them.
 */
public sealed interface Outcome {
  /** The call was not begun. */
  sealed interface Refusal extends Outcome {}

  /** Guest code ran, or may have. */
  sealed interface Ending extends Outcome {}

  /** Another thread is using the sandbox. */
  record InUse(@Nullable Thread user) implements Refusal {}

  /** What the running call has called in Java wants to use the sandbox itself. */
  record Reentered() implements Refusal {}

  /** The thread that wants to call is interrupted. */
  record NotBegun() implements Refusal {}

  /** The sandbox is closed. */
  record Closed() implements Refusal {}

  /** An earlier call left the sandbox unusable. */
  record Unusable(Ending since) implements Refusal {}

  /**
   * An argument is not a value the guest's declaration allows, or does not fit into guest memory.
   */
  record BadArgument(String problem) implements Refusal {}

  /**
   * The guest did something a processor or this library does not allow.
   *
   * @param place what was accessed, if it was that
   */
  record Fault(Trap trap, Place place) implements Ending {}

  /** Where an access was that is a fault. */
  enum Place {
    ANYWHERE,
    /** The guard below the call stack. */
    STACK_GUARD,
    /** A page of a mapping that its file does not reach. */
    BEHIND_FILE
  }

  /** The guest made a system call of this library in a way that makes no sense. */
  record Violation(String what, RegisterValues registers) implements Ending {}

  /**
   * The guest said that it cannot go on.
   *
   * @param signal that it killed itself with; SIGABRT where it did not say
   */
  record Aborted(String message, int signal) implements Ending {
    static final int SIGABRT = 6;
  }

  /**
   * The guest's program came to its end in the middle of a call.
   *
   * @param status what it said
   * @param explanation what it printed last; may be empty
   */
  record Exited(int status, String explanation) implements Ending {}

  /** A whole program asks for input that is still to come. */
  record WaitingForInput() implements Ending {}

  /**
   * The guest used more than the embedder lets it.
   *
   * @param most how much it may use
   */
  record LimitPassed(GuestLimitException.Kind kind, long most) implements Ending {}

  /**
   * The host ended the call.
   *
   * @param limitNanos the time that was passed, if one was
   * @param registers of the guest, with RIP where it was
   */
  record Stopped(Stop why, long limitNanos, RegisterValues registers) implements Ending {}

  /** The guest waits for what cannot happen. */
  record Stuck(String what) implements Ending {}

  /** The guest gave up because a host function had failed. */
  record HostFunctionFailed(String declaration, Throwable cause) implements Ending {}

  /** A host function failed in a way that is not for the guest to handle. */
  record HostError(Error error) implements Ending {}

  /** KVM failed. */
  record HypervisorFailed(RuntimeException cause) implements Ending {}

  /** The guest's function returned, and reported an error. */
  record GuestError(String message) implements Ending {}

  /** The guest's function returned what is no value of its type. */
  record InvalidResult(String problem) implements Ending {}

  /**
   * Whether guest code was left in the middle, so that nothing can be said about its memory. What
   * returned to the gate has not been, whatever it returned.
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

  /** Makes exceptions of outcomes. */
  @FunctionalInterface
  interface Reporter {
    /** The exception that tells of an outcome. */
    RuntimeException exceptionFor(Outcome outcome);
  }
}

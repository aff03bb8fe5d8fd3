package io.hyperlight.internal.machine;

/** A call as the watchdog sees it from its own thread. */
final class WatchedCall {
  private final Call call;

  // The number of the call that was seen last, and of the last one whose guest ran on after its
  // end.
  private long seen;
  private long seenAfter = -1;

  /** The index of this object in the watchdog. */
  int place = -1;

  WatchedCall(Call call) {
    this.call = call;
  }

  /**
   * Stops a guest that has run since its call ended, and did so at the last look, too. It goes on
   * with the next call.
   *
   * @return whether the vCPU runs
   */
  boolean stopAfterCall() {
    VcpuKicker vcpu = call.vcpu();
    if (!vcpu.isRunningByItself()) {
      seenAfter = -1;
      return false;
    }
    long now = call.word().get();
    if (CallWord.phase(now) != CallWord.IDLE) {
      seenAfter = -1;
    } else if (seenAfter == CallWord.number(now)) {
      vcpu.kickOwnThread();
    } else {
      seenAfter = CallWord.number(now);
    }
    return true;
  }

  /** Returns whether a call has begun since the last look. */
  boolean hasBegun() {
    long number = call.word().number();
    boolean begun = number != seen;
    seen = number;
    return begun;
  }

  boolean isRunning() {
    return call.word().isRunning();
  }

  /**
   * Ends the running call if it has passed a limit, or its thread was interrupted.
   *
   * <p>The values that are read may belong to the next call by the time they are used. They cannot
   * stop that call, since the number is in the word.
   *
   * @return how long the call may still take, in nanoseconds; very long if it was told to stop
   */
  long check(long time) {
    long now = call.word().get();
    long number = CallWord.number(now);
    boolean inGuest = CallWord.phase(now) == CallWord.GUEST;
    Thread caller = call.caller();
    long remaining = call.remainingNanos(time);
    if (CallWord.phase(now) == CallWord.IDLE) {
      return Long.MAX_VALUE;
    }
    if (CallWord.hasReason(now)) {
      call.stopAgain(number, inGuest);
      return Long.MAX_VALUE;
    }
    if (remaining <= 0) {
      call.stopByDelivery(Stop.TIMED_OUT, number);
      return Long.MAX_VALUE;
    }
    call.vcpu().lookAtQueued();
    if (inGuest && caller != null && ThreadStatus.isInterrupted(caller)) {
      call.stopByDelivery(Stop.THREAD_INTERRUPTED, number);
    } else if (call.hasUsedProcessor(number)) {
      call.stopByDelivery(Stop.PROCESSOR_TIME_USED, number);
    }
    return Math.min(remaining, call.preempt(time));
  }
}

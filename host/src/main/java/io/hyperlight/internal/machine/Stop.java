package io.hyperlight.internal.machine;

/** Why the host ends a call before the guest does. */
public enum Stop {
  /** A caller of {@code interrupt} asked for it. */
  INTERRUPTED(1),
  /** The calling thread was interrupted. */
  THREAD_INTERRUPTED(2),
  /** The call has reached its time limit. */
  TIMED_OUT(3),
  /** The call has reached its limit of processor time. */
  PROCESSOR_TIME_USED(4);

  /** A number of the call's word. It is not zero. */
  final int code;

  Stop(int code) {
    this.code = code;
  }

  static Stop of(int code) {
    for (Stop stop : values()) {
      if (stop.code == code) {
        return stop;
      }
    }
    throw new IllegalArgumentException("no stop has code " + code);
  }
}

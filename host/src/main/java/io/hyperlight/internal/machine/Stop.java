package io.hyperlight.internal.machine;

/** Why the host ends a call before the guest does. */
public enum Stop {
  /** Somebody asked for it. */
  INTERRUPTED(1),
  /** The thread that called was interrupted. */
  THREAD_INTERRUPTED(2),
  /** The call has taken as long as it may. */
  TIMED_OUT(3),
  /** It has used the processor as long as it may. */
  PROCESSOR_TIME_USED(4);

  /** Not zero. */
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

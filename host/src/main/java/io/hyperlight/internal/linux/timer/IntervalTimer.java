package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.TimerQueue;

/** One of the three timers of {@code setitimer(2)}. Its signal goes to the process. */
final class IntervalTimer extends SignalTimer {
  private final int signal;
  private final TimerTarget target;

  IntervalTimer(TimerQueue queue, Deadline.Clock clock, int signal, TimerTarget target) {
    super(queue, clock);
    this.signal = signal;
    this.target = target;
  }

  int signal() {
    return signal;
  }

  @Override
  boolean send() {
    return target.send(new SignalInfo(signal, SignalInfo.SI_KERNEL, 0), TimerTarget.PROCESS);
  }

  @Override
  SignalInfo delivered(SignalInfo info) {
    delivered();
    return info;
  }
}

package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.time.ClockNumber;
import io.hyperlight.internal.linux.wait.Expirations;
import io.hyperlight.internal.linux.wait.TimerQueue;

/** A timer of {@code timer_create(2)}. */
final class PosixTimer extends SignalTimer {
  /**
   * What a timer is made with. Immutable.
   *
   * @param id its number
   * @param clock the number of its clock
   * @param signal what it sends; 0 for nothing
   * @param value the value that goes with the signal
   * @param thread the number of the thread that gets the signal, or {@link TimerTarget#PROCESS}
   */
  record Setup(int id, int clock, int signal, long value, int thread) {}

  private final Setup setup;
  private final TimerTarget target;

  /** Counts how often the timer was set. A signal of an earlier setting does not restart it. */
  private int setting;

  private int overrun;

  PosixTimer(TimerQueue queue, Setup setup, TimerTarget target) {
    super(queue, ClockNumber.clock(setup.clock()));
    this.setup = setup;
    this.target = target;
  }

  Setup setup() {
    return setup;
  }

  int setting() {
    return setting;
  }

  /** Returns how many expirations the last signal stands for, besides its own. */
  int overrun() {
    return overrun;
  }

  void restart(Expirations wanted) {
    setting++;
    overrun = 0;
    set(wanted);
  }

  void restore(TimerState.Posix earlier) {
    setting = earlier.setting();
    overrun = earlier.overrun();
    restore(earlier.expirations(), earlier.isPending());
  }

  @Override
  boolean needsQueue() {
    return setup.signal() != 0;
  }

  @Override
  boolean send() {
    overrun = 0;
    return target.send(
        SignalInfo.ofTimer(setup.signal(), setup.id(), setup.value(), setting), setup.thread());
  }

  @Override
  SignalInfo delivered(SignalInfo info) {
    overrun = info.timerSetting() == setting ? (int) Math.min(Integer.MAX_VALUE, delivered()) : 0;
    return info.withOverrun(overrun);
  }
}

package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.os.Errno;

/**
 * The transport in which each message is an exit of the vCPU. The vCPU stands still until the next
 * run.
 */
final class ExitTransport implements Transport {
  private final VcpuRunner runner;
  private final GuestEntry entry;

  ExitTransport(VcpuRunner runner, GuestEntry entry) {
    this.runner = runner;
    this.entry = entry;
  }

  @Override
  public void enter(long gate, long frame) {
    entry.enter(gate, frame);
  }

  @Override
  public long callNumber() {
    return runner.exits().callNumber();
  }

  @Override
  public long argument(int index) {
    return runner.exits().argument(index);
  }

  @Override
  public RegisterValues registers() {
    return runner.exits().registers();
  }

  @Override
  public RegisterValues registersAfterCall() {
    return runner.exits().registersAfterCall();
  }

  @Override
  public void setAnswer(long result) {
    entry.setAnswer(result);
  }

  @Override
  public void setMoreOfAnswer(long second, long third) {
    entry.setMoreOfAnswer(second, third);
  }

  @Override
  public void answer() {
    entry.resume();
  }

  @Override
  public Arrival run() {
    while (true) {
      int result = runner.run();
      if (result == Call.STOPPED) {
        return Arrival.STOPPED;
      } else if (result == Call.PREEMPTED) {
        return Arrival.PREEMPTED;
      } else if (result == 0) {
        if (!runner.isTrackerFull()) {
          return Arrival.EXIT;
        } else if (!runner.makeRoom()) {
          return Arrival.FAILED;
        }
      } else if (result != Errno.EINTR) {
        runner.failed(result);
        return Arrival.FAILED;
      }
      // A signal for the JVM also ends KVM_RUN. Nothing has happened to the guest, so it runs
      // again.
    }
  }
}

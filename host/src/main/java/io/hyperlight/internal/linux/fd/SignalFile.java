package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;

import io.hyperlight.internal.linux.signal.ReceivedSignals;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/**
 * Returns pending signals to those that read: {@code signalfd(2)}. A task reads the signals that
 * are pending for itself and for its process.
 */
final class SignalFile extends AnonymousFile {
  private final Readiness readiness;
  private long signals;

  /**
   * Creates a file.
   *
   * @param signals a bit for each that is read
   * @param arrivals changes when a signal becomes pending
   */
  SignalFile(Changes changes, int flags, long signals, WaitSource arrivals) {
    super(changes, flags, "[signalfd]");
    readiness = new Readiness(arrivals);
    this.signals = signals;
  }

  /** Reads other signals from now on. */
  void setSignals(long wanted) {
    changes();
    signals = wanted;
    readiness.input().changed();
  }

  @Override
  int read(Caller caller, byte[] target) {
    if (target.length < ReceivedSignals.SIZE) {
      throw new FileException(Errno.EINVAL);
    }
    ReceivedSignals received = new ReceivedSignals(caller.signals());
    int length = received.take(signals, target);
    if (length == 0) {
      throw block(caller, "waits for a signal (read)", readiness.input());
    }
    return length;
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  @Override
  int ready(Caller caller) {
    return caller.signals().isPending(signals) ? POLLIN : 0;
  }

  @Override
  public String information() {
    return "sigmask:\t%016x\n".formatted(signals);
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Signals(flags(), signals);
  }
}

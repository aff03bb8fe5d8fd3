package io.hyperlight.internal.linux.signal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Takes pending signals of a task as {@code struct signalfd_siginfo}. */
public final class ReceivedSignals {
  /** The size of the structure in bytes. */
  public static final int SIZE = 128;

  private static final int SI_TIMER = -2;

  private final TaskSignals signals;

  public ReceivedSignals(TaskSignals signals) {
    this.signals = signals;
  }

  /**
   * Takes as many signals as there are and as fit.
   *
   * @param wanted a bit for each signal to choose from
   * @param target has room for at least one
   * @return how many bytes
   */
  public int take(long wanted, byte[] target) {
    ByteBuffer buffer = ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (target.length - at >= SIZE && signals.isPending(wanted)) {
      put(buffer, at, signals.take(wanted & signals.pending().all()));
      at += SIZE;
    }
    return at;
  }

  private static void put(ByteBuffer target, int at, SignalInfo info) {
    target.putInt(at, info.signal()).putInt(at + 4, info.error()).putInt(at + 8, info.code());
    int low = (int) info.first();
    int high = (int) (info.first() >>> Integer.SIZE);
    if (info.code() == SI_TIMER) {
      target.putInt(at + 24, low).putInt(at + 32, high);
    } else {
      target.putInt(at + 12, low).putInt(at + 16, high);
    }
    boolean hasValue = info.code() < 0;
    if (hasValue) {
      target.putInt(at + 44, (int) info.second()).putLong(at + 48, info.second());
    }
  }
}

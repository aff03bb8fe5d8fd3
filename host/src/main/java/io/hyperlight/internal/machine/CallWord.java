package io.hyperlight.internal.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One word that says everything about where a call is: the number of the call, its phase, whether
 * it is to stop and why, and whether somebody is telling it so at the moment.
 *
 * <p>The thread of the call moves the word from phase to phase. All others only ever add the reason
 * to stop, by compare-and-set: that fails once the call has ended, since its number is in the word.
 */
final class CallWord {
  private static final long PHASE = 3;

  /** There is no call. */
  static final long IDLE = 0;

  /** The library works for the guest, and looks at the word before it lets the guest go on. */
  static final long HOST = 1;

  /** The guest runs. */
  static final long GUEST = 2;

  /** The embedder's code runs, or the thread sleeps for the guest. */
  static final long OUTSIDE = 3;

  /** Somebody kicks the guest, or interrupts the thread. */
  static final long SENDING = 4;

  private static final int REASON_SHIFT = 3;
  private static final long REASON = 7L << REASON_SHIFT;
  private static final int NUMBER_SHIFT = 8;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(CallWord.class, "word", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long word;

  // What a word says.

  static long phase(long word) {
    return word & PHASE;
  }

  static long number(long word) {
    return word >>> NUMBER_SHIFT;
  }

  static boolean isSending(long word) {
    return (word & SENDING) != 0;
  }

  static boolean hasReason(long word) {
    return (word & REASON) != 0;
  }

  /** The code of the reason to stop; 0 if there is none. */
  static int reason(long word) {
    return (int) ((word & REASON) >>> REASON_SHIFT);
  }

  /** The same word with a reason to stop. */
  static long withReason(long word, int code) {
    return word | (long) code << REASON_SHIFT;
  }

  long get() {
    return word;
  }

  /** The number of the call that runs, or of the last one. */
  long number() {
    return word >>> NUMBER_SHIFT;
  }

  /** Whether there is a call. */
  boolean isRunning() {
    return (word & PHASE) != IDLE;
  }

  /** Whether the call is to stop. */
  boolean hasReason() {
    return (word & REASON) != 0;
  }

  // For the thread of the call.

  /** The next call is there. A plain store: nothing here can fail. */
  void begin(long before) {
    word = (((before >>> NUMBER_SHIFT) + 1) << NUMBER_SHIFT) | HOST;
  }

  /** The call is over. */
  void end(long before) {
    word = before & -1L << NUMBER_SHIFT;
  }

  /** From {@link #HOST} to another phase; false if the call is to stop, or there is none. */
  boolean enter(long phase) {
    long now = word;
    return (now & (REASON | PHASE)) == HOST && WORD.compareAndSet(this, now, now - HOST + phase);
  }

  /**
   * From a phase back to {@link #HOST}.
   *
   * @return false if somebody has told the call to stop meanwhile, so that it has to {@link
   *     #settle}
   */
  boolean leave(long now) {
    return (now & REASON) == 0 && WORD.compareAndSet(this, now, now - (now & PHASE) + HOST);
  }

  /** From any phase back to {@link #HOST}, if nobody sends anything; whether that is so. */
  boolean settle(long now) {
    return (now & SENDING) == 0 && WORD.compareAndSet(this, now, (now & ~PHASE) | HOST);
  }

  // For all others.

  boolean compareAndSet(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  /** For who has set {@link #SENDING}, and nobody else. */
  void sent(long next) {
    word = next;
  }
}

package io.hyperlight.internal.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One word with the whole state of a call: its number, its phase, whether it has to stop and why,
 * and whether another thread is sending a kick or an interrupt.
 *
 * <p>The thread of the call moves the word from phase to phase. All others only add the reason to
 * stop, by compare-and-set. That fails once the call has ended, since its number is in the word.
 */
final class CallWord {
  private static final long PHASE = 3;

  /** There is no call. */
  static final long IDLE = 0;

  /** The library works for the guest. It looks at the word before it lets the guest go on. */
  static final long HOST = 1;

  /** The guest runs. */
  static final long GUEST = 2;

  /** The embedder's code runs, or the thread sleeps for the guest. */
  static final long OUTSIDE = 3;

  /** Another thread kicks the guest, or interrupts the thread. */
  static final long SENDING = 4;

  private static final int REASON_SHIFT = 3;
  private static final long REASON = 7L << REASON_SHIFT;

  /** Another thread has kicked the guest, but not to end the call. */
  static final long PREEMPT = 1 << 6;

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

  // The parts of a word.

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

  static boolean isPreempted(long word) {
    return (word & PREEMPT) != 0;
  }

  /** Returns the code of the reason to stop, or 0 if there is none. */
  static int reason(long word) {
    return (int) ((word & REASON) >>> REASON_SHIFT);
  }

  /** Returns the same word with a reason to stop. */
  static long withReason(long word, int code) {
    return word | (long) code << REASON_SHIFT;
  }

  long get() {
    return word;
  }

  /** Returns the number of the call that runs, or of the last one. */
  long number() {
    return word >>> NUMBER_SHIFT;
  }

  /** Returns whether there is a call. */
  boolean isRunning() {
    return (word & PHASE) != IDLE;
  }

  /** Returns whether the call has to stop. */
  boolean hasReason() {
    return (word & REASON) != 0;
  }

  // Methods for the thread of the call.

  /** Begins the next call. This is a plain store, which cannot fail. */
  void begin(long before) {
    word = (((before >>> NUMBER_SHIFT) + 1) << NUMBER_SHIFT) | HOST;
  }

  /** Ends the call. */
  void end(long before) {
    word = before & -1L << NUMBER_SHIFT;
  }

  /**
   * Moves from {@link #HOST} to another phase.
   *
   * @return false if the call has to stop, or there is none
   */
  boolean enter(long phase) {
    long now = word;
    return (now & (REASON | PHASE)) == HOST && WORD.compareAndSet(this, now, now - HOST + phase);
  }

  /**
   * Moves from a phase back to {@link #HOST}.
   *
   * @return false if another thread has told the call to stop meanwhile, or has kicked the guest;
   *     then it has to {@link #settle}
   */
  boolean leave(long now) {
    return (now & (REASON | PREEMPT)) == 0
        && WORD.compareAndSet(this, now, now - (now & PHASE) + HOST);
  }

  /**
   * Moves from any phase back to {@link #HOST}, if no thread is sending.
   *
   * @return whether it has moved
   */
  boolean settle(long now) {
    return (now & SENDING) == 0 && WORD.compareAndSet(this, now, (now & ~(PHASE | PREEMPT)) | HOST);
  }

  // Methods for all other threads.

  boolean compareAndSet(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  /** Ends a sending. Only the thread that has set {@link #SENDING} may call it. */
  void sent(long next) {
    word = next;
  }

  /** Ends a sending that has no reason. A reason that came meanwhile stays. */
  void sentPreempt() {
    WORD.getAndBitwiseAnd(this, ~SENDING);
  }
}

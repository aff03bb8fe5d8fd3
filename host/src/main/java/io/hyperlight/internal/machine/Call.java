package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.os.TimedPark;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The call that runs in a sandbox, if there is one: who has made it, until when it may run and how
 * much it may use, and why it is to stop. It is the one place that ends calls from outside. What
 * may be asked for at which point, and what comes of it, is in docs/interrupts.md; the numbers
 * there are those of the comments here.
 *
 * <p>A {@link CallWord} says where the call is. In two phases there is more to do for a stop than
 * to say so: a guest that runs is kicked, a thread that is outside of the library is interrupted.
 * Who does that marks the word as {@link CallWord#SENDING} meanwhile, and the thread of the call
 * does not leave the phase before it is done. So no kick and no interrupt arrives later, and the
 * thread it goes to is still there.
 *
 * <p>There is one object for all calls of a sandbox, one after the other, so that a call allocates
 * nothing. {@link #stop} may be called from any thread at any time. All else is for the thread of
 * the call; what runs the vCPU may be done on another one while that waits.
 */
public final class Call implements AutoCloseable, Checkpoint {
  /** A time that is no limit, in nanoseconds: some 146 years. */
  public static final long UNLIMITED = Durations.UNLIMITED_NANOS;

  /** What {@link #run} returns if the guest was stopped, instead of an error number. */
  static final int STOPPED = VcpuThreads.STOPPED;

  /** After how many steps of work for the guest somebody looks at the clock. */
  static final int STEPS_BETWEEN_LOOKS = 256;

  private static final int SPINS = 1000;
  private static final long PAUSE_NANOS = 20_000;

  private final long processorLimitNanos;

  private final CallWord word = new CallWord();

  /** Where the vCPU runs. */
  private volatile VcpuKicker vcpu = new VcpuKicker(null);

  // Of the running call, written before the word says that it runs. Who reads them for a call that
  // has ended meanwhile cannot stop another one by them.
  private @Nullable Thread thread;
  private long start;
  private long timeoutNanos;

  /** Work for the guest since the last look at the clock. */
  private long steps;

  /** Whether the thread was interrupted by us; while something is sent, of who sends. */
  private boolean interrupted;

  private final ProcessorTime processorTime = new ProcessorTime();

  /** An interrupt that the watchdog has left to another thread; while something is sent. */
  private volatile @Nullable Delivery delivery;

  private final WatchedCall watched = new WatchedCall(this);

  /**
   * Watches over the calls of a sandbox until it is closed.
   *
   * @param processorLimitNanos how much processor time a call may use; {@link #UNLIMITED} if it
   *     does not matter
   */
  public Call(long processorLimitNanos) {
    this.processorLimitNanos = processorLimitNanos;
    Watchdog.add(watched);
  }

  /** No call may begin any more. A second call does nothing. */
  @Override
  public void close() {
    Watchdog.remove(watched);
  }

  /**
   * A call begins, of this thread. From here on it can be stopped: point 2.
   *
   * @param timeoutNanos how long it may take
   */
  public void begin(Thread caller, long timeoutNanos) {
    long before = word.get();
    if (CallWord.phase(before) != CallWord.IDLE) {
      before = settle(); // an error of the JVM has kept an earlier call from saying that it ended
    }
    thread = caller;
    this.timeoutNanos = timeoutNanos;
    start = System.nanoTime();
    // Last: behind it the call can be stopped, and has to be ended.
    word.begin(before);
  }

  /**
   * The call has ended, if there was one: points 1 and 7. Whoever asks from now on is told that
   * there is none.
   */
  public void end() {
    long now = word.get();
    long phase = CallWord.phase(now);
    if (phase == CallWord.IDLE) {
      return;
    }
    if (phase != CallWord.HOST) {
      // An error of the JVM has kept the thread from saying that it is back.
      comeBack();
      now = settle();
    }
    thread = null;
    word.end(now);
  }

  /** Why the running call is to end; null if it may go on. */
  public @Nullable Stop stopped() {
    int code = CallWord.reason(word.get());
    return code == 0 ? null : Stop.of(code);
  }

  boolean isStopped() {
    return word.hasReason();
  }

  // In the host, at work for the guest: points 2 and 4.

  /**
   * {@inheritDoc}
   *
   * <p>Looks at the clock itself: the watchdog may be late, and the caller's interrupt status is
   * for the caller's thread to see.
   */
  @Override
  public void pass(long more) {
    if (word.hasReason()) {
      throw new StoppedException();
    }
    if (more < STEPS_BETWEEN_LOOKS - steps) {
      steps += more;
    } else {
      steps = 0;
      look();
    }
  }

  private void look() {
    if (!word.isRunning()) {
      return;
    }
    if (timeoutNanos - (System.nanoTime() - start) <= 0) {
      stop(Stop.TIMED_OUT);
    } else if (Thread.currentThread().isInterrupted()) {
      stop(Stop.THREAD_INTERRUPTED);
    }
    if (isStopped()) {
      throw new StoppedException();
    }
  }

  /** Where the vCPU has run last in the running call. */
  int vcpuThread() {
    return vcpu.thread();
  }

  /** How long the running call has taken. */
  long elapsedNanos() {
    return System.nanoTime() - start;
  }

  /** How long the running call may take. */
  public long timeoutNanos() {
    return timeoutNanos;
  }

  /** How much processor time a call may use. */
  public long processorLimitNanos() {
    return processorLimitNanos;
  }

  // In the guest: point 3.

  /** Runs a vCPU. */
  @FunctionalInterface
  interface Run {
    /** {@code KVM_RUN}; returns 0 or an error number. */
    int run();
  }

  /**
   * Lets a guest run on the calling platform thread, unless the call is to stop.
   *
   * @param target the thread
   * @return what KVM_RUN returned, or {@link #STOPPED}
   */
  int run(KickSignal.Target target, Run run) {
    vcpu.runsOn(target.thread());
    int error;
    try {
      if (!word.enter(CallWord.GUEST)) {
        return STOPPED;
      }
      if (Watchdog.isDozing()) {
        Watchdog.wake();
      }
      error = run.run();
    } finally {
      leaveGuest();
    }
    if (error == Errno.EINTR) {
      if (isStopped()) {
        return STOPPED;
      }
      // Somebody else's signal, or one of ours that an error of the JVM has left behind.
      KickSignal.drain();
    }
    return error;
  }

  /** As {@link #run}, on a thread that runs vCPUs of several sandboxes in turn. */
  int runForOther(KickSignal.Target target, Run run) {
    if (processorLimitNanos == UNLIMITED) {
      return run(target, run);
    }
    processorTime.begin(word.number(), target.thread());
    try {
      return run(target, run);
    } finally {
      if (processorTime.end() >= processorLimitNanos) {
        stop(Stop.PROCESSOR_TIME_USED);
      }
    }
  }

  private void leaveGuest() {
    long now = word.get();
    if (CallWord.phase(now) == CallWord.GUEST && !word.leave(now)) {
      settle();
      KickSignal.drain();
    }
  }

  /** Back to the host, as soon as nobody is sending; what the word is then. */
  private long settle() {
    for (int spins = 0; ; spins++) {
      long now = word.get();
      if (!CallWord.isSending(now)) {
        if (word.settle(now)) {
          return word.get();
        }
      } else if (takeBackDelivery()) {
        spins = 0;
      } else if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        TimedPark.pauseNanos(this, PAUSE_NANOS); // the other one was taken off its processor
      }
    }
  }

  // Outside of the library: points 5 and 6.

  /**
   * The thread of the call goes to the embedder's code, or to sleep, and may be interrupted there.
   *
   * @return false if the call is to end instead
   */
  boolean goOutside() {
    return !word.isRunning() || word.enter(CallWord.OUTSIDE);
  }

  /** It is back. An interrupt of ours is taken back, if it has not been consumed. */
  void comeBack() {
    long now = word.get();
    if (CallWord.phase(now) != CallWord.OUTSIDE) {
      return;
    }
    if (!word.leave(now)) {
      settle();
      if (interrupted) {
        interrupted = false;
        Thread.interrupted();
      }
    }
  }

  // From other threads.

  /**
   * Ends the running call. A call that has ended by itself just now stays as it ended.
   *
   * @return whether there is one; the first reason counts
   */
  public boolean stop(Stop why) {
    return stop(why, word.number(), null);
  }

  /**
   * Ends a call.
   *
   * @param courier what takes an interrupt to the thread of the call; null if the calling thread is
   *     to do so, which may run the embedder's code then
   */
  private boolean stop(Stop why, long number, @Nullable Delivery courier) {
    while (true) {
      long now = word.get();
      if (CallWord.number(now) != number || CallWord.phase(now) == CallWord.IDLE) {
        return false;
      }
      if (CallWord.isSending(now)) {
        return true;
      }
      boolean again = CallWord.hasReason(now);
      boolean inGuest = CallWord.phase(now) == CallWord.GUEST;
      if (again && !inGuest) {
        return true;
      }
      long next = again ? now : CallWord.withReason(now, why.code);
      if (CallWord.phase(now) == CallWord.HOST) {
        if (word.compareAndSet(now, next)) {
          vcpu.stopQueued();
          return true;
        }
      } else if (word.compareAndSet(now, next | CallWord.SENDING)) {
        if (courier != null && !inGuest) {
          courier.next = next;
          delivery = courier;
          courier.send();
          return true;
        }
        try {
          send(inGuest);
        } finally {
          word.sent(next);
        }
        return true;
      }
    }
  }

  private void send(boolean inGuest) {
    if (inGuest) {
      vcpu.kick(); // the watchdog comes again
      return;
    }
    vcpu.kickOwnThread(); // its guest may compute while the embedder's code takes its time
    Thread caller = thread;
    // If it is interrupted already, by somebody else, that is not ours to take back.
    if (caller != null && !caller.isInterrupted()) {
      try {
        caller.interrupt();
      } finally {
        interrupted = true; // its status is set before any other code runs
      }
    }
  }

  /** An interrupt that another thread than the one that has decided on it delivers. */
  private final class Delivery implements Runnable {
    /** What the word is when it is delivered. */
    private long next;

    private final AtomicBoolean taken = new AtomicBoolean();

    /** May fail: the watchdog sends it again, unless somebody has taken it. */
    void send() {
      try {
        Interrupter.execute(this);
      } catch (RuntimeException | Error e) {
        // No room for a thread.
      }
    }

    @Override
    public void run() {
      if (!taken.compareAndSet(false, true)) {
        return;
      }
      try {
        Call.this.send(false);
      } finally {
        finish();
      }
    }

    void finish() {
      delivery = null;
      word.sent(next);
    }
  }

  /** The thread of the call is back before anybody has interrupted it, and need not be. */
  private boolean takeBackDelivery() {
    Delivery late = delivery;
    if (late == null || !late.taken.compareAndSet(false, true)) {
      return false;
    }
    late.finish();
    return true;
  }

  // The vCPU that runs what is called.

  /**
   * Says where the vCPU runs. Between two calls.
   *
   * <p>For each call that restores, mostly the same: a volatile store would cost more than a look.
   */
  void runBy(VcpuKicker kicker) {
    if (vcpu != kicker) {
      vcpu = kicker;
    }
  }

  /** Says that the call waits for a thread to run the vCPU, and can be {@link #stop stopped}. */
  void setQueued(VcpuThreads.@Nullable Run run) {
    // First: after an error nobody may run it. The call itself keeps the watchdog awake.
    if (run != null && Watchdog.isDozing()) {
      Watchdog.wake();
    }
    vcpu.setQueued(run);
  }

  // For the watchdog.

  CallWord word() {
    return word;
  }

  /** Where the vCPU runs. */
  VcpuKicker vcpu() {
    return vcpu;
  }

  /**
   * How long the call may still take, in nanoseconds.
   *
   * @param time what the clock says
   */
  long remainingNanos(long time) {
    return timeoutNanos - (time - start);
  }

  /** Who has made the call. */
  @Nullable Thread caller() {
    return thread;
  }

  /** Whether a call has used its processor time, as far as is known on another thread. */
  boolean hasUsedProcessor(long number) {
    return processorLimitNanos < UNLIMITED
        && processorTime.used(number, vcpu.thread()) >= processorLimitNanos;
  }

  /** Ends a call. If its thread is outside, the interrupt has a thread of its own. */
  void stopByDelivery(Stop why, long number) {
    stop(why, number, new Delivery());
  }

  /** Repeats what has told the call to stop, if that may have been lost. */
  void stopAgain(long number, boolean inGuest) {
    Delivery late = delivery;
    if (inGuest) {
      stop(Stop.INTERRUPTED, number, null); // once more: the reason stays what it is
    } else if (late != null && !late.taken.get()) {
      late.send();
    }
  }
}

package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.os.TimedPark;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The call that runs in a sandbox, if there is one. It knows the calling thread, the limits of time
 * and processor time, and why the call has to stop. Only this class ends calls from outside.
 * docs/interrupts.md says what a stop does at each point of a call. The numbers of the points there
 * are those of the comments here.
 *
 * <p>A {@link CallWord} says where the call is. In two phases a stop has to do more than set a
 * reason. It kicks a guest that runs, and it interrupts a thread outside of the library. The thread
 * that does so marks the word as {@link CallWord#SENDING} meanwhile. The thread of the call does
 * not leave the phase until the mark is gone. So no kick and no interrupt arrives late, and the
 * thread that receives it still exists.
 *
 * <p>All calls of a sandbox share one object, one after the other, so that a call allocates
 * nothing. Any thread may call {@link #stop} at any time. Everything else is for the thread of the
 * call. While that thread waits, another one may call the methods that run the vCPU.
 */
public final class Call implements AutoCloseable, Checkpoint {
  /** The time that means no limit, in nanoseconds: some 146 years. */
  public static final long UNLIMITED = Durations.UNLIMITED_NANOS;

  /** The result of {@link #run} if the guest was stopped, instead of an error number. */
  static final int STOPPED = VcpuThreads.STOPPED;

  /** The result of {@link #run} if the guest was stopped so that something else can run. */
  static final int PREEMPTED = STOPPED - 1;

  /** The time that means that nothing preempts the guest. */
  static final long NEVER = Long.MAX_VALUE;

  /** The number of the thread that runs the vCPU as long as none has. */
  private static final int NO_THREAD = 0;

  /** The number of steps of work for the guest between two looks at the clock. */
  static final int STEPS_BETWEEN_LOOKS = 256;

  private static final int SPINS = 1000;
  private static final long PAUSE_NANOS = 20_000;

  private final long processorLimitNanos;

  private final CallWord word = new CallWord();

  /** The place where the vCPU runs. */
  private volatile VcpuKicker vcpu = new VcpuKicker(null);

  // Of the running call, written before the word says that it runs. A thread that reads them for a
  // call that has ended meanwhile cannot stop another call with them.
  private @Nullable Thread thread;
  private long start;
  private long timeoutNanos;

  /** Steps of work for the guest since the last look at the clock. */
  private long steps;

  /**
   * Whether this class has interrupted the thread. While the word is marked as sending, it belongs
   * to the sender.
   */
  private boolean interrupted;

  /**
   * When the watchdog stops the guest so that something else can run, as {@link System#nanoTime}.
   */
  private volatile long preemptAt = NEVER;

  /** Whether the guest was kicked for that in the last run. */
  private boolean preempted;

  private final ProcessorTime processorTime = new ProcessorTime();

  /**
   * An interrupt that the watchdog has left to another thread. It is set while the word is marked
   * as sending.
   */
  private volatile @Nullable Delivery delivery;

  private final WatchedCall watched = new WatchedCall(this);

  /**
   * Makes the object for the calls of a sandbox. The watchdog watches it until it is closed.
   *
   * @param processorLimitNanos how much processor time a call may use; {@link #UNLIMITED} for no
   *     limit
   */
  public Call(long processorLimitNanos) {
    this.processorLimitNanos = processorLimitNanos;
    Watchdog.add(watched);
  }

  /** Closes it: no call may begin any more. A second call does nothing. */
  @Override
  public void close() {
    Watchdog.remove(watched);
  }

  /**
   * Begins a call of a thread. From here on it can be stopped: point 2.
   *
   * @param timeoutNanos how long it may take, in nanoseconds
   */
  public void begin(Thread caller, long timeoutNanos) {
    long before = word.get();
    if (CallWord.phase(before) != CallWord.IDLE) {
      // An error of the JVM has kept an earlier call from recording its end.
      before = settle();
    }
    thread = caller;
    this.timeoutNanos = timeoutNanos;
    if (preemptAt != NEVER) {
      preemptAt = NEVER;
    }
    vcpu.runsOn(NO_THREAD); // the last call may have been another thread's
    start = System.nanoTime();
    // Last: after this the call can be stopped, and has to be ended.
    word.begin(before);
  }

  /** Ends the call, if there is one: points 1 and 7. From now on {@link #stop} finds no call. */
  public void end() {
    long now = word.get();
    long phase = CallWord.phase(now);
    if (phase == CallWord.IDLE) {
      return;
    }
    if (phase != CallWord.HOST) {
      // An error of the JVM has kept the thread from calling comeBack.
      comeBack();
      now = settle();
    }
    thread = null;
    word.end(now);
  }

  /** Returns why the running call has to end, or null if it may go on. */
  public @Nullable Stop stopped() {
    int code = CallWord.reason(word.get());
    return code == 0 ? null : Stop.of(code);
  }

  boolean isStopped() {
    return word.hasReason();
  }

  // The host works for the guest: points 2 and 4.

  /**
   * {@inheritDoc}
   *
   * <p>It looks at the clock itself, since the watchdog may be late. It also looks at the interrupt
   * status, which only the caller's thread can always see.
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

  /** Returns the thread that ran the vCPU last in the running call; 0 if none has. */
  int vcpuThread() {
    return vcpu.thread();
  }

  /** Returns how long the running call has taken, in nanoseconds. */
  long elapsedNanos() {
    return System.nanoTime() - start;
  }

  /** Returns how much processor time further vCPUs have used for the running call. */
  long furtherNanos() {
    return vcpu.furtherNanos(word.number());
  }

  /** Returns how long the running call may take, in nanoseconds. */
  public long timeoutNanos() {
    return timeoutNanos;
  }

  /** Returns how much processor time a call may use, in nanoseconds. */
  public long processorLimitNanos() {
    return processorLimitNanos;
  }

  // The guest runs: point 3.

  /** Runs a vCPU. */
  @FunctionalInterface
  interface Run {
    /** {@code KVM_RUN}; returns 0 or an error number. */
    int run();
  }

  /**
   * Lets a guest run on the calling platform thread, unless the call has to stop.
   *
   * @param target the thread
   * @return what KVM_RUN returned, {@link #STOPPED} or {@link #PREEMPTED}
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
      if (preempted) {
        preempted = false;
        return PREEMPTED;
      }
      // A signal of other code, or one of ours that is left over from an error of the JVM.
      KickSignal.drain();
    }
    return error;
  }

  /**
   * Waits while other threads run vCPUs for the call, unless the call has to stop. A stop kicks
   * them.
   *
   * @return the result of {@code waits}, or {@link #STOPPED}
   */
  int await(Run waits) {
    int result;
    try {
      if (!word.enter(CallWord.GUEST)) {
        return STOPPED;
      }
      if (Watchdog.isDozing()) {
        Watchdog.wake();
      }
      result = waits.run();
    } finally {
      leaveGuest();
    }
    return isStopped() ? STOPPED : result;
  }

  /** Does the same as {@link #run} on a thread that runs vCPUs of several sandboxes in turn. */
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
    preempted = false;
    long now = word.get();
    if (CallWord.phase(now) == CallWord.GUEST && !word.leave(now)) {
      settle();
      KickSignal.drain();
    }
  }

  /**
   * Sets when the guest has to leave so that something else can run, unless it leaves by itself
   * before. It has to leave only once, and may be some milliseconds late.
   *
   * @param time of the clock {@link System#nanoTime}, or {@link #NEVER}
   */
  void preemptAt(long time) {
    preemptAt = time;
  }

  /**
   * Returns to the host phase as soon as no other thread is sending.
   *
   * @return the word after that
   */
  private long settle() {
    for (int spins = 0; ; spins++) {
      long now = word.get();
      if (!CallWord.isSending(now)) {
        if (word.settle(now)) {
          preempted = CallWord.isPreempted(now);
          return word.get();
        }
      } else if (takeBackDelivery()) {
        spins = 0;
      } else if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // The sender was taken off its processor.
        TimedPark.pauseNanos(this, PAUSE_NANOS);
      }
    }
  }

  // The thread is outside of the library: points 5 and 6.

  /**
   * Says that the thread of the call enters the embedder's code, or sleeps. It may be interrupted
   * there.
   *
   * @return false if the call has to end instead
   */
  boolean goOutside() {
    return !word.isRunning() || word.enter(CallWord.OUTSIDE);
  }

  /**
   * Says that the thread is back. It takes back an interrupt of this class, if the other code has
   * not consumed it.
   */
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

  // Methods for other threads.

  /**
   * Ends the running call. If the call has just ended by itself, its result stays.
   *
   * @return whether there is a call; its first reason counts
   */
  public boolean stop(Stop why) {
    return stop(why, word.number(), null);
  }

  /**
   * Ends a call.
   *
   * @param courier takes an interrupt to the thread of the call; null if the calling thread
   *     interrupts it, which may run the embedder's code
   */
  private boolean stop(Stop why, long number, @Nullable Delivery courier) {
    while (true) {
      long now = word.get();
      if (CallWord.number(now) != number || CallWord.phase(now) == CallWord.IDLE) {
        return false;
      }
      if (CallWord.isSending(now)) {
        // A kick without a reason is on its way. With the reason, it is the kick for that.
        if (CallWord.hasReason(now)
            || word.compareAndSet(now, CallWord.withReason(now, why.code))) {
          return true;
        }
        continue;
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
      vcpu.kick(); // may fail: the watchdog repeats it
      return;
    }
    vcpu.kickOwnThread(); // its guest may compute while the embedder's code runs
    Thread caller = thread;
    // If other code has interrupted the thread already, this class must not take that back.
    if (caller != null && !caller.isInterrupted()) {
      try {
        caller.interrupt();
      } finally {
        interrupted = true; // Thread.interrupt sets the status before it runs any other code
      }
    }
  }

  /** An interrupt that is delivered by another thread than the one that decided on it. */
  private final class Delivery implements Runnable {
    /** The word after the delivery. */
    private long next;

    private final AtomicBoolean taken = new AtomicBoolean();

    /**
     * Starts the delivery. If this fails, the watchdog starts it again, unless a thread has taken
     * it.
     */
    void send() {
      try {
        Interrupter.execute(this);
      } catch (RuntimeException | Error e) {
        // There is no room for a thread.
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

  /**
   * Cancels a delivery that no thread has taken yet: the thread of the call is back, and needs no
   * interrupt.
   *
   * @return whether there was one
   */
  private boolean takeBackDelivery() {
    Delivery late = delivery;
    if (late == null || !late.taken.compareAndSet(false, true)) {
      return false;
    }
    late.finish();
    return true;
  }

  // The vCPU that runs the called code.

  /**
   * Sets the place where the vCPU runs. To be called between two calls.
   *
   * <p>Calls that restore set it each time, mostly to the same value. The comparison is cheaper
   * than a volatile store.
   */
  @SuppressWarnings("ReferenceEquality") // kickers are compared by identity
  void runBy(VcpuKicker kicker) {
    if (vcpu != kicker) {
      vcpu = kicker;
    }
  }

  /** Records that the call waits for a thread to run the vCPU. {@link #stop} reaches it then. */
  void setQueued(VcpuThreads.@Nullable Run run) {
    // First: after an error no thread may run it. The call itself keeps the watchdog awake.
    if (run != null && Watchdog.isDozing()) {
      Watchdog.wake();
    }
    vcpu.setQueued(run);
  }

  // Methods for the watchdog.

  CallWord word() {
    return word;
  }

  /** Returns the place where the vCPU runs. */
  VcpuKicker vcpu() {
    return vcpu;
  }

  /**
   * Returns how long the call may still take, in nanoseconds.
   *
   * @param time of the clock
   */
  long remainingNanos(long time) {
    return timeoutNanos - (time - start);
  }

  /** Returns the calling thread. */
  @Nullable Thread caller() {
    return thread;
  }

  /** Returns whether a call has used its processor time, as far as another thread can tell. */
  boolean hasUsedProcessor(long number) {
    if (processorLimitNanos == UNLIMITED) {
      return false;
    }
    VcpuKicker now = vcpu;
    long used = processorTime.used(number, now.thread()) + now.furtherNanos(number);
    return used >= processorLimitNanos;
  }

  /**
   * Preempts a guest that runs at the time for that. If the kick may have been lost, it is
   * repeated.
   *
   * @param time of the clock
   * @return how long until then, in nanoseconds
   */
  long preempt(long time) {
    return Math.min(preemptOne(time), vcpu.preempt(time));
  }

  private long preemptOne(long time) {
    long at = preemptAt;
    long now = word.get();
    if (at != NEVER && at - time > 0) {
      return at - time;
    }
    boolean again = CallWord.isPreempted(now);
    if ((at != NEVER || again)
        && CallWord.phase(now) == CallWord.GUEST
        && !CallWord.isSending(now)
        && !CallWord.hasReason(now)
        && word.compareAndSet(now, now | CallWord.PREEMPT | CallWord.SENDING)) {
      try {
        if (preemptAt == at) {
          preemptAt = NEVER;
        }
        vcpu.kick();
      } finally {
        word.sentPreempt();
      }
    }
    return Durations.UNLIMITED_NANOS;
  }

  /** Ends a call. If its thread is outside, the interrupt gets a thread of its own. */
  void stopByDelivery(Stop why, long number) {
    stop(why, number, new Delivery());
  }

  /** Repeats the kick or the interrupt, if it may have been lost. */
  void stopAgain(long number, boolean inGuest) {
    Delivery late = delivery;
    if (inGuest) {
      stop(Stop.INTERRUPTED, number, null); // the first reason stays
    } else if (late != null && !late.taken.get()) {
      late.send();
    }
  }
}

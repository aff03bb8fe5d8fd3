package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.os.TimedPark;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Where the calls of one sandbox are, and the one place that ends them from outside. What may be
 * asked for at which point, and what comes of it, is in docs/interrupts.md; the numbers there are
 * those of the comments here.
 *
 * <p>One word says everything: the number of the call, its phase, whether it is to stop and why.
 * The thread of the call moves it from phase to phase. Others only ever add the reason to stop,
 * which fails once the call has ended, since its number is in the word: no stop reaches another
 * call than the one it was meant for.
 *
 * <p>In two phases there is more to do than to say so: a guest that runs is kicked, a thread that
 * is outside of the library is interrupted. Who does that marks the word as {@link #SENDING}
 * meanwhile, and the thread of the call does not leave the phase before it is done. So no kick and
 * no interrupt arrives later, and the thread it goes to is still there.
 *
 * <p>{@link #stop} may be called from any thread at any time. All else is for the thread of the
 * call; what runs the vCPU may be done on another one while that waits.
 */
public final class RunControl implements AutoCloseable, Checkpoint {
  /** A time that is no limit, in nanoseconds: some 146 years. */
  public static final long UNLIMITED = Long.MAX_VALUE / 2;

  /** What {@link #run} returns if the guest was stopped, instead of an error number. */
  static final int STOPPED = -1;

  private static final long PHASE = 3;

  /** There is no call. */
  private static final long IDLE = 0;

  /** The library works for the guest, and looks at the word before it lets it go on. */
  private static final long HOST = 1;

  /** The guest runs. */
  private static final long GUEST = 2;

  /** The embedder's code runs, or the thread sleeps for the guest. */
  private static final long OUTSIDE = 3;

  /** Somebody kicks the guest, or interrupts the thread. */
  private static final long SENDING = 4;

  private static final int REASON_SHIFT = 3;
  private static final long REASON = 7L << REASON_SHIFT;
  private static final int NUMBER_SHIFT = 8;

  /** After how many steps of work for the guest somebody looks at the clock. */
  static final int STEPS_BETWEEN_LOOKS = 256;

  private static final int SPINS = 1000;
  private static final long PAUSE_NANOS = 20_000;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(RunControl.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long processorLimitNanos;

  private volatile long state;

  // Of the running call, written before the word says that it runs. Who reads them for a call that
  // has ended meanwhile cannot stop another one by them.
  private @Nullable Thread thread;
  private long start;
  private long timeoutNanos;

  /** Work for the guest since the last look at the clock. */
  private long steps;

  /** Where the vCPU runs, in terms of the kernel. */
  private int vcpuThread;

  /** Whether the thread was interrupted by us; while {@link #SENDING}, of who sends. */
  private boolean interrupted;

  private final ProcessorTime processorTime = new ProcessorTime();

  /** An interrupt that the watchdog has left to another thread; while {@link #SENDING}. */
  private volatile @Nullable Delivery delivery;

  /** A run that waits for a thread to run the vCPU. */
  private volatile VcpuThreads.@Nullable Run queued;

  /** Where the vCPU can run between calls, too. */
  private volatile @Nullable VcpuThread ownThread;

  // Of the watchdog: the call that it has seen last, also as one after which the guest runs on, and
  // where this is among all.
  private long seen;
  private long seenAfter = -1;
  int place = -1;

  /**
   * Watches over the calls of a sandbox until it is closed.
   *
   * @param processorLimitNanos how much processor time a call may use; {@link #UNLIMITED} if it
   *     does not matter
   */
  public RunControl(long processorLimitNanos) {
    this.processorLimitNanos = processorLimitNanos;
    Watchdog.add(this);
  }

  /** No call may begin any more. A second call does nothing. */
  @Override
  public void close() {
    Watchdog.remove(this);
  }

  /**
   * A call begins, of this thread. From here on it can be stopped: point 2.
   *
   * @param timeoutNanos how long it may take
   */
  public void begin(Thread caller, long timeoutNanos) {
    long before = state;
    if ((before & PHASE) != IDLE) {
      before = settle(); // an error of the JVM has kept an earlier call from saying that it ended
    }
    thread = caller;
    this.timeoutNanos = timeoutNanos;
    start = System.nanoTime();
    // Last, and no call that could overflow the stack behind it.
    state = (((before >>> NUMBER_SHIFT) + 1) << NUMBER_SHIFT) | HOST;
  }

  /**
   * The call has ended, if there was one: points 1 and 7. Whoever asks from now on is told that
   * there is none.
   */
  public void end() {
    long now = state;
    if ((now & PHASE) == IDLE) {
      return;
    }
    if ((now & PHASE) != HOST) {
      // An error of the JVM has kept the thread from saying that it is back.
      comeBack();
      now = settle();
    }
    thread = null;
    state = now & -1L << NUMBER_SHIFT;
  }

  /** Why the running call is to end; null if it may go on. */
  public @Nullable Stop stopped() {
    int code = (int) ((state & REASON) >>> REASON_SHIFT);
    return code == 0 ? null : Stop.of(code);
  }

  boolean isStopped() {
    return (state & REASON) != 0;
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
    if ((state & REASON) != 0) {
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
    long now = state;
    if ((now & PHASE) == IDLE) {
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
    return vcpuThread;
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
    vcpuThread = target.thread();
    int error;
    try {
      if (!enter(GUEST)) {
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
    processorTime.begin(state >>> NUMBER_SHIFT, target.thread());
    try {
      return run(target, run);
    } finally {
      if (processorTime.end() >= processorLimitNanos) {
        stop(Stop.PROCESSOR_TIME_USED);
      }
    }
  }

  private void leaveGuest() {
    long now = state;
    if ((now & PHASE) == GUEST
        && ((now & REASON) != 0 || !STATE.compareAndSet(this, now, now - GUEST + HOST))) {
      settle();
      KickSignal.drain();
    }
  }

  private boolean enter(long phase) {
    long now = state;
    return (now & (REASON | PHASE)) == HOST && STATE.compareAndSet(this, now, now - HOST + phase);
  }

  /** Back to the host, as soon as nobody is sending; what the word is then. */
  private long settle() {
    for (int spins = 0; ; spins++) {
      long now = state;
      if ((now & SENDING) == 0) {
        long next = (now & ~PHASE) | HOST;
        if (STATE.compareAndSet(this, now, next)) {
          return next;
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
    return (state & PHASE) == IDLE || enter(OUTSIDE);
  }

  /** It is back. An interrupt of ours is taken back, if it has not been consumed. */
  void comeBack() {
    long now = state;
    if ((now & PHASE) != OUTSIDE) {
      return;
    }
    if ((now & REASON) != 0 || !STATE.compareAndSet(this, now, now - OUTSIDE + HOST)) {
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
    return stop(why, state >>> NUMBER_SHIFT, null);
  }

  /**
   * Ends a call.
   *
   * @param courier what takes an interrupt to the thread of the call; null if the calling thread is
   *     to do so, which may run the embedder's code then
   */
  private boolean stop(Stop why, long number, @Nullable Delivery courier) {
    while (true) {
      long now = state;
      if (now >>> NUMBER_SHIFT != number || (now & PHASE) == IDLE) {
        return false;
      }
      if ((now & SENDING) != 0) {
        return true;
      }
      boolean again = (now & REASON) != 0;
      boolean inGuest = (now & PHASE) == GUEST;
      if (again && !inGuest) {
        return true;
      }
      long next = again ? now : now | (long) why.code << REASON_SHIFT;
      if ((now & PHASE) == HOST) {
        if (STATE.compareAndSet(this, now, next)) {
          VcpuThreads.Run waiting = queued;
          if (waiting != null) {
            waiting.stop();
          }
          return true;
        }
      } else if (STATE.compareAndSet(this, now, next | SENDING)) {
        if (courier != null && !inGuest) {
          courier.next = next;
          delivery = courier;
          courier.send();
          return true;
        }
        try {
          send(inGuest);
        } finally {
          state = next;
        }
        return true;
      }
    }
  }

  private void send(boolean inGuest) {
    if (inGuest) {
      KickSignal.send(vcpuThread); // if the kernel has no room for it, the watchdog comes again
      return;
    }
    VcpuThread vcpu = ownThread;
    if (vcpu != null) {
      vcpu.kick(); // its guest may compute meanwhile, and the embedder's code take its time
    }
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
        RunControl.this.send(false);
      } finally {
        finish();
      }
    }

    void finish() {
      delivery = null;
      state = next;
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

  // Runs that wait for a thread.

  /** Says that the call waits for a thread to run the vCPU, and can be {@link #stop stopped}. */
  void setQueued(VcpuThreads.@Nullable Run run) {
    // First: after an error nobody may run it. The call itself keeps the watchdog awake.
    if (run != null && Watchdog.isDozing()) {
      Watchdog.wake();
    }
    queued = run;
  }

  /**
   * Says which thread the vCPU has for itself.
   *
   * @param vcpu null if it runs on the threads of its calls
   */
  void setVcpuThread(@Nullable VcpuThread vcpu) {
    if (ownThread != vcpu) {
      ownThread = vcpu; // a restore has mostly the same, and a store would cost it more than a look
    }
  }

  // For the watchdog.

  /**
   * Stops a guest that has been running since its call ended, and was so already when this was
   * asked last. It goes on with the next call.
   *
   * @return whether the vCPU runs
   */
  boolean stopAfterCall() {
    VcpuThread vcpu = ownThread;
    if (vcpu == null || !vcpu.isRunning()) {
      seenAfter = -1;
      return false;
    }
    long now = state;
    if ((now & PHASE) != IDLE) {
      seenAfter = -1;
    } else if (seenAfter == now >>> NUMBER_SHIFT) {
      vcpu.kick();
    } else {
      seenAfter = now >>> NUMBER_SHIFT;
    }
    return true;
  }

  /** Whether a call has begun since this was asked last. */
  boolean hasBegun() {
    long number = state >>> NUMBER_SHIFT;
    boolean begun = number != seen;
    seen = number;
    return begun;
  }

  boolean isRunning() {
    return (state & PHASE) != IDLE;
  }

  /**
   * Ends the running call if it has passed a limit, or its thread was interrupted.
   *
   * @return how long it may still take, in nanoseconds; very long if it has been told to stop
   */
  long check(long time) {
    long now = state;
    long number = now >>> NUMBER_SHIFT;
    boolean inGuest = (now & PHASE) == GUEST;
    Thread caller = thread;
    long remaining = timeoutNanos - (time - start);
    if ((now & PHASE) == IDLE) {
      return Long.MAX_VALUE;
    }
    if ((now & REASON) != 0) {
      Delivery late = delivery;
      if (inGuest) {
        stop(Stop.INTERRUPTED, number, null); // once more: the reason stays what it is
      } else if (late != null && !late.taken.get()) {
        late.send();
      }
      return Long.MAX_VALUE;
    }
    if (remaining <= 0) {
      stop(Stop.TIMED_OUT, number, new Delivery());
      return Long.MAX_VALUE;
    }
    VcpuThreads.Run waiting = queued;
    if (waiting != null) {
      waiting.look();
    }
    if (inGuest && caller != null && ThreadStatus.isInterrupted(caller)) {
      stop(Stop.THREAD_INTERRUPTED, number, new Delivery());
    } else if (processorLimitNanos < UNLIMITED
        && processorTime.used(number, vcpuThread) >= processorLimitNanos) {
      stop(Stop.PROCESSOR_TIME_USED, number, new Delivery());
    }
    return remaining;
  }
}

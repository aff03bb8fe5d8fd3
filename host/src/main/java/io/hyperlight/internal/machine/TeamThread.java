package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostThreads;
import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.os.TimedPark;
import io.hyperlight.internal.os.Unchecked;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The host thread of one vCPU of a {@link VcpuTeam}. It works while the team runs, and sleeps
 * otherwise.
 *
 * <p>A word says whether the guest runs. Any thread may {@link #kick}: it marks the word as sending
 * meanwhile. The thread does not leave before the mark is gone, so no kick comes late.
 */
final class TeamThread implements VcpuHost {
  private static final int STOPPED = 0;
  private static final int RUNNING = 1;
  private static final int CLOSED = 2;

  // The word.
  private static final int HOST = 0;
  private static final int GUEST = 1;
  private static final int SENDING = 2;
  private static final int KICKED = 4;

  /** How often a run is repeated whose memory another thread was changing. */
  private static final int MAXIMUM_REPEATS = 1000;

  private static final int SPINS = 1000;
  private static final long PAUSE_NANOS = 20_000;
  private static final long LAUNCH_NANOS = 50_000;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(TeamThread.class, "word", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final VcpuTeam team;
  private final Vcpu vcpu;
  private final int number;
  private volatile int state = STOPPED;
  private volatile int word = HOST;
  private volatile boolean idle;
  private volatile long preemptAt = Call.NEVER;
  private volatile KickSignal.@Nullable Target target;
  private volatile @Nullable Throwable failure;
  private @Nullable Thread thread;

  // About the processor time of a call.
  private volatile long baseOf = -1;
  private volatile long base;

  TeamThread(VcpuTeam team, Vcpu vcpu, int number) {
    this.team = team;
    this.vcpu = vcpu;
    this.number = number;
  }

  /**
   * Makes the thread, if there is none, and waits until it can be started.
   *
   * @throws SystemCallException if an error has ended it
   */
  void launch() {
    Thread worker = thread;
    if (worker == null) {
      worker = LibraryThreads.create("hyperlight-processor-" + number, this::work);
      worker.start();
      thread = worker; // once it has started, since there may be no room for another one
    }
    while (target == null || !worker.isAlive()) {
      Unchecked.rethrowIfAny(failure);
      if (!worker.isAlive()) {
        throw new SystemCallException("keeping the thread that runs a vCPU", Errno.EAGAIN);
      }
      TimedPark.pauseNanos(this, LAUNCH_NANOS);
    }
  }

  /** Returns whether no error has ended the thread. */
  boolean isWhole() {
    Thread worker = thread;
    return worker == null || (failure == null && worker.isAlive());
  }

  /** Notes how much processor time the thread has used before a call. */
  void beginCall(long call) {
    if (baseOf != call) {
      base = HostThreads.processorNanos(tid());
      baseOf = call;
    }
  }

  /** Says that other calls come, which may have the same numbers. */
  void forgetCalls() {
    baseOf = -1;
  }

  /** Returns how much processor time the thread has used for a call, in nanoseconds. */
  long usedNanos(long call) {
    return baseOf == call ? Math.max(0, HostThreads.processorNanos(tid()) - base) : 0;
  }

  private int tid() {
    KickSignal.Target known = target;
    return known == null ? 0 : known.thread();
  }

  /** Lets the thread work. It sleeps. */
  void start() {
    preemptAt = Call.NEVER;
    state = RUNNING;
    LockSupport.unpark(thread);
  }

  private void work() {
    try {
      target = KickSignal.target();
      while (awaitStart()) {
        try {
          team.work(number);
        } finally {
          state = STOPPED;
          team.left();
        }
      }
    } catch (Throwable t) {
      failure = t;
    }
  }

  private boolean awaitStart() {
    while (state == STOPPED) {
      LockSupport.park(this);
    }
    return state == RUNNING;
  }

  // The guest. The caller is this thread, and holds the lock.

  /**
   * Runs the vCPU without the lock.
   *
   * @return as {@link Call#run}
   */
  @Override
  public int run(Call.Run kvmRun) {
    for (int repeats = 0; ; repeats++) {
      int error = runOnce(kvmRun);
      // Meanwhile another thread may have changed the memory of this page (the lock is its end).
      // The instruction has not happened.
      if (error != Errno.EFAULT || repeats == MAXIMUM_REPEATS) {
        return error;
      }
    }
  }

  private int runOnce(Call.Run kvmRun) {
    KickSignal.Target known = target;
    vcpu.runner().vcpu().setSignalMask(known == null ? 0 : known.maskOfVcpus());
    boolean kicked = false;
    int error = Errno.EINTR;
    vcpu.setAway(true);
    word = GUEST;
    team.unlock();
    try {
      if (!team.isCallStopped()) { // after the word is set, so that a stop is seen, or kicks
        error = kvmRun.run();
      }
    } finally {
      try {
        kicked = leave();
      } finally {
        team.lock();
        vcpu.setAway(false); // nobody sees it before the exit is handled
      }
    }
    if (error == Errno.EINTR) {
      if (team.isCallStopped()) {
        return Call.STOPPED;
      } else if (kicked) {
        return Call.PREEMPTED;
      }
      KickSignal.drain(); // a signal of other code, or one that is left over
    }
    return error;
  }

  private boolean leave() {
    for (int spins = 0; ; spins++) {
      int now = word;
      if ((now & SENDING) == 0) {
        if (WORD.compareAndSet(this, now, HOST)) {
          if ((now & KICKED) != 0) {
            KickSignal.drain();
          }
          return (now & KICKED) != 0;
        }
      } else if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        TimedPark.pauseNanos(this, PAUSE_NANOS); // the sender was taken off its processor
      }
    }
  }

  @Override
  public void preemptAt(long nanoTime) {
    preemptAt = nanoTime;
  }

  /**
   * Waits without the lock until another thread wakes it.
   *
   * @param nanos the longest time
   */
  void idle(long nanos) {
    idle = true;
    team.unlock();
    try {
      if (!team.isStopping() && !team.isCallStopped() && !team.hasEvent()) {
        if (nanos < Durations.UNLIMITED_NANOS) {
          TimedPark.parkNanos(this, nanos);
        } else {
          LockSupport.park(this);
        }
      }
    } finally {
      idle = false;
      team.lock();
    }
  }

  // For any thread.

  /** Makes the guest leave, if it runs. If a kick may have been lost, it is sent again. */
  void kick() {
    while (true) {
      int now = word;
      if ((now & GUEST) == 0 || (now & SENDING) != 0) {
        return;
      }
      if (WORD.compareAndSet(this, now, now | SENDING | KICKED)) {
        try {
          KickSignal.send(tid());
        } finally {
          WORD.getAndBitwiseAnd(this, ~SENDING);
        }
        return;
      }
    }
  }

  /** See {@link VcpuKicker#preempt}. */
  long preempt(long time) {
    long at = preemptAt;
    if (at == Call.NEVER) {
      if ((word & KICKED) != 0) {
        kick();
      }
      return Durations.UNLIMITED_NANOS;
    }
    if (at - time > 0) {
      return at - time;
    }
    if ((word & GUEST) == 0) {
      return Durations.UNLIMITED_NANOS; // it may be about to enter, so the time still counts
    }
    if (preemptAt == at) {
      preemptAt = Call.NEVER;
    }
    kick();
    return Durations.UNLIMITED_NANOS;
  }

  /**
   * Ends its wait for work, if it waits.
   *
   * @return whether it did
   */
  boolean wake() {
    boolean waits = idle;
    if (waits) {
      idle = false; // the next one to wake is another one
      LockSupport.unpark(thread);
    }
    return waits;
  }

  /** Returns whether code of the guest may run. */
  boolean isInGuest() {
    return (word & GUEST) != 0;
  }

  /** Ends the thread, which does not work. */
  void close() {
    state = CLOSED;
    LockSupport.unpark(thread);
  }
}

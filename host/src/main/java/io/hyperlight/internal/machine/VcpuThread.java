package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.os.TimedPark;
import io.hyperlight.internal.os.Unchecked;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of its own for one vCPU. The guest runs on it while the host does something else. The
 * vCPU belongs to the thread while it runs, and to the owner of this object while it is stopped.
 *
 * <p>One thread at a time starts it and waits for it. Any thread may {@link #kick} it. The first
 * start makes the thread. The thread sleeps when it has had nothing to run for some microseconds.
 */
final class VcpuThread implements AutoCloseable {
  private static final int STOPPED = 0;
  private static final int RUNNING = 1;
  private static final int CLOSED = 2;

  /** How often it looks for the next start before it sleeps. */
  private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 1000 : 0;

  /**
   * The number of looks after which a kick is repeated. The kernel may have had no room for the
   * last one.
   */
  private static final int SPINS_FOR_KICK = 2000;

  private static final long PAUSE_NANOS = 20_000;

  /** How long the first start waits between two looks for the thread. */
  private static final long LAUNCH_NANOS = 50_000;

  private final VirtualCpu vcpu;
  private volatile int state = STOPPED;
  private volatile boolean asleep;
  private volatile @Nullable Thread waiter;
  private volatile KickSignal.@Nullable Target target;
  private @Nullable Thread thread;

  // The thread writes these before it says that it has stopped.
  private int result;
  private volatile @Nullable Throwable failure;

  /** Made with the thread, since there may be no room for it when it is needed. */
  private @Nullable SystemCallException lost;

  VcpuThread(VirtualCpu vcpu) {
    this.vcpu = vcpu;
  }

  /** Returns the thread to kick. If there is none yet, the thread is made. */
  KickSignal.Target target() {
    KickSignal.Target known = target;
    return known == null ? launch() : known;
  }

  private KickSignal.Target launch() {
    Thread worker = thread;
    if (worker == null) {
      lost = lost();
      worker = LibraryThreads.create("hyperlight-vcpu", this::work);
      worker.start();
      // Kept once the thread has started, since there may be no room for another one.
      thread = worker;
    }
    KickSignal.Target known;
    while ((known = target) == null) {
      throwFailure();
      if (!worker.isAlive() && target == null) {
        thread = null;
        throwFailure();
        throw lost();
      }
      TimedPark.pauseNanos(this, LAUNCH_NANOS);
    }
    return known;
  }

  private static SystemCallException lost() {
    return new SystemCallException("keeping the thread that runs the vCPU", Errno.EAGAIN);
  }

  private void work() {
    try {
      workUntilClosed();
    } finally {
      if (state == RUNNING) {
        if (failure == null) {
          failure = lost;
        }
        state = STOPPED;
        LockSupport.unpark(waiter);
      }
    }
  }

  private void workUntilClosed() {
    try {
      target = KickSignal.target();
    } catch (Throwable t) {
      failure = t;
    }
    while (failure == null && awaitStart()) {
      int error = Errno.EIO;
      try {
        error = runOnce();
      } catch (Throwable t) {
        failure = t;
      }
      result = error;
      state = STOPPED;
      LockSupport.unpark(waiter);
    }
  }

  private int runOnce() {
    vcpu.setSignalMask(target().maskOfVcpus());
    int error = vcpu.run();
    if (error == Errno.EINTR) {
      KickSignal.drain();
    }
    return error;
  }

  /**
   * Waits for the next start.
   *
   * @return false if this is closed
   */
  private boolean awaitStart() {
    for (int spins = SPINS; state == STOPPED && spins > 0; spins--) {
      Thread.onSpinWait();
    }
    if (state == STOPPED) {
      asleep = true;
      while (state == STOPPED) {
        LockSupport.park(this);
      }
      asleep = false;
    }
    return state == RUNNING;
  }

  boolean isRunning() {
    return state == RUNNING;
  }

  /** Returns whether an error has ended the thread, so that it cannot be started again. */
  boolean hasFailed() {
    return failure != null;
  }

  /** Starts the vCPU, which is stopped. */
  void start() {
    target();
    state = RUNNING;
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Returns what KVM_RUN returned, or throws what ended the thread.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  int result() {
    throwFailure();
    return result;
  }

  private void throwFailure() {
    Unchecked.rethrowIfAny(failure);
  }

  /**
   * Waits until the vCPU has stopped by itself or by a kick.
   *
   * @param whenInterrupted what to do when this thread is interrupted; its interrupt status stays
   *     set
   */
  void awaitStop(Runnable whenInterrupted) {
    boolean interrupted = false;
    waiter = Thread.currentThread();
    try {
      while (state == RUNNING) {
        LockSupport.park(this);
        // A status that is set would keep the thread from parking.
        if (Thread.interrupted()) {
          interrupted = true;
          whenInterrupted.run();
        }
      }
    } finally {
      waiter = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Makes the vCPU stop soon, if it runs. Any thread may call it. */
  void kick() {
    KickSignal.Target known = target;
    if (known != null && state == RUNNING) {
      KickSignal.send(known.thread());
    }
  }

  /** Stops the vCPU, if it runs. */
  void stop() {
    for (int spins = 0; state == RUNNING; spins++) {
      if (spins % SPINS_FOR_KICK == 0) {
        if (asleep) {
          // An error of the JVM may have come before the unpark of the start.
          LockSupport.unpark(thread);
        }
        kick();
      }
      Thread.onSpinWait();
      if (spins > SPINS_FOR_KICK) {
        TimedPark.pauseNanos(this, PAUSE_NANOS);
      }
    }
  }

  /** Stops the vCPU and ends the thread, which then uses nothing any more. */
  @Override
  public void close() {
    stop();
    state = CLOSED;
    LockSupport.unpark(thread);
  }
}

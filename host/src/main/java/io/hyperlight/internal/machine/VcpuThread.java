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
 * A thread of its own for one vCPU, where the guest runs on while the host does something else. The
 * vCPU belongs to whoever owns this while it is stopped, and to the thread while it runs.
 *
 * <p>One thread at a time starts it and waits for it; any may {@link #kick} it. The thread is made
 * at the first start, and sleeps when there is nothing to run for some microseconds.
 */
final class VcpuThread implements AutoCloseable {
  private static final int STOPPED = 0;
  private static final int RUNNING = 1;
  private static final int CLOSED = 2;

  /** How often it looks for the next start before it sleeps. */
  private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 1000 : 0;

  /**
   * After how many looks a kick is repeated: the kernel may have had no room for the one before.
   */
  private static final int SPINS_FOR_KICK = 2000;

  private static final long PAUSE_NANOS = 20_000;

  /** How often the first start looks whether the thread is there. */
  private static final long LAUNCH_NANOS = 50_000;

  private final VirtualCpu vcpu;
  private volatile int state = STOPPED;
  private volatile boolean asleep;
  private volatile @Nullable Thread waiter;
  private volatile KickSignal.@Nullable Target target;
  private @Nullable Thread thread;

  // Written by the thread before it says that it has stopped.
  private int result;
  private volatile @Nullable Throwable failure;

  /** Made with the thread: when it is needed, there may be no room for it. */
  private @Nullable SystemCallException lost;

  VcpuThread(VirtualCpu vcpu) {
    this.vcpu = vcpu;
  }

  /** Who is kicked. Makes the thread if there is none yet. */
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
      thread = worker; // kept once it has started: there may be no room for another thread
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

  /** False when it is closed. */
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

  /** Whether an error has ended the thread: it cannot be started again. */
  boolean hasFailed() {
    return failure != null;
  }

  /** Lets the vCPU run, which is stopped. */
  void start() {
    target();
    state = RUNNING;
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * What KVM_RUN returned; throws what ended the thread, if something did.
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
   * Waits until it has stopped by itself, or somebody kicks it.
   *
   * @param whenInterrupted what to do when this thread is interrupted, which it stays
   */
  void awaitStop(Runnable whenInterrupted) {
    boolean interrupted = false;
    waiter = Thread.currentThread();
    try {
      while (state == RUNNING) {
        LockSupport.park(this);
        // Set, it would keep the thread from parking.
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

  /** Makes the vCPU stop soon, if it runs. From any thread. */
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
          LockSupport.unpark(thread); // an error of the JVM may have come before that of the start
        }
        kick();
      }
      Thread.onSpinWait();
      if (spins > SPINS_FOR_KICK) {
        TimedPark.pauseNanos(this, PAUSE_NANOS);
      }
    }
  }

  /** Stops the vCPU and ends the thread, which touches nothing any more. */
  @Override
  public void close() {
    stop();
    state = CLOSED;
    LockSupport.unpark(thread);
  }
}

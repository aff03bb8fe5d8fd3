package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.Unchecked;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads that run vCPUs for virtual threads. A virtual thread that ran one itself would
 * hold its carrier for as long as the guest computes, and other virtual threads would wait for it.
 * Handing over costs some microseconds; a platform thread does without.
 */
final class VcpuThreads {
  /** What a run returns that was stopped before it began, instead of an error number. */
  static final int STOPPED = -1;

  /** As many threads as guests run at once; idle ones end. */
  private static final ThreadPoolExecutor THREADS = LibraryThreads.executor("hyperlight-vcpu-");

  private VcpuThreads() {}

  /**
   * Runs a vCPU, while the calling virtual thread is parked.
   *
   * <p>Whatever happens to the calling thread meanwhile, also an overflow of its stack or of the
   * heap, it does not return while the vCPU runs: whoever gets the error may free the guest's
   * memory.
   *
   * @param run of this thread
   * @param isStopped whether the run is to end before it begins
   * @return what the vCPU's run returned, or {@link #STOPPED}
   */
  static int run(Run run, BooleanSupplier isStopped) {
    try {
      THREADS.execute(run);
    } catch (Throwable t) {
      // It may have been handed over all the same.
      if (!run.cancel()) {
        run.await();
      }
      throw t;
    }
    if (isStopped.getAsBoolean()) {
      run.stop(); // a stop that came before it could be seen that the run waits
    }
    run.await();
    return run.result();
  }

  /**
   * One run for one waiting thread. A thread that was to take it may die before it does, of a full
   * heap for example. So it is handed over again as long as it waits, and whoever comes first runs
   * it; and a stop ends it where it waits.
   */
  static final class Run implements Runnable {
    private static final int WAITING = 0;
    private static final int RUNNING = 1;
    private static final int STOPPING = 2;
    private static final int DONE = 3;

    private static final VarHandle STATE;

    static {
      try {
        STATE = MethodHandles.lookup().findVarHandle(Run.class, "state", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final IntSupplier vcpu;
    private final Thread waiter;
    private final Runnable whenInterrupted;
    private volatile int state = WAITING;
    private int result;
    private @Nullable Throwable failure;

    /** How often the watchdog has seen it wait. */
    private int looks;

    /**
     * A run for the calling thread.
     *
     * @param vcpu lets the vCPU run on whichever thread that is called, and returns a number
     * @param whenInterrupted what to do when the calling thread is interrupted, which it stays
     */
    Run(IntSupplier vcpu, Runnable whenInterrupted) {
      this.vcpu = vcpu;
      this.whenInterrupted = whenInterrupted;
      waiter = Thread.currentThread();
    }

    @Override
    public void run() {
      if (!STATE.compareAndSet(this, WAITING, RUNNING)) {
        return;
      }
      try {
        result = vcpu.getAsInt();
      } catch (Throwable t) {
        failure = t;
      } finally {
        state = DONE;
        LockSupport.unpark(waiter);
      }
    }

    /** Ends the run, if nobody has begun it. From any thread. */
    void stop() {
      if (STATE.compareAndSet(this, WAITING, STOPPING)) {
        result = STOPPED;
        state = DONE;
        LockSupport.unpark(waiter);
      }
    }

    /** Hands it over once more, after longer and longer times. For the watchdog. */
    void look() {
      if (state == WAITING && Integer.bitCount(++looks) == 1 && looks > 1) {
        THREADS.execute(this);
      }
    }

    /** Prevents the run; false if it has begun. */
    boolean cancel() {
      return STATE.compareAndSet(this, WAITING, DONE);
    }

    void await() {
      boolean interrupted = false;
      while (state != DONE) {
        try {
          LockSupport.park(this);
          // Set, it would keep the thread from parking.
          if (Thread.interrupted()) {
            interrupted = true;
            whenInterrupted.run();
          }
        } catch (StackOverflowError | OutOfMemoryError e) {
          // No room to park: look again and again instead.
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** What it returned or threw, which is the caller's as if it had run there. */
    int result() {
      Unchecked.rethrowIfAny(failure);
      return result;
    }
  }
}

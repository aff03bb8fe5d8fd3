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
 * hold its carrier for as long as the guest computes. Other virtual threads would wait for the
 * carrier. Handing over costs some microseconds. A call on a platform thread does not need it.
 */
final class VcpuThreads {
  /** The result of a run that was stopped before it began, instead of an error number. */
  static final int STOPPED = -1;

  /** There are as many threads as guests that run at once. Idle ones end. */
  private static final ThreadPoolExecutor THREADS = LibraryThreads.executor("hyperlight-vcpu-");

  private VcpuThreads() {}

  /**
   * Runs a vCPU while the calling virtual thread is parked.
   *
   * <p>It never returns while the vCPU runs, whatever happens to the calling thread. That includes
   * a full stack or heap: code that receives the error may free the guest's memory.
   *
   * @param run of this thread
   * @param isStopped whether the run has to end before it begins
   * @return the result of the vCPU's run, or {@link #STOPPED}
   */
  static int run(Run run, BooleanSupplier isStopped) {
    try {
      THREADS.execute(run);
    } catch (Throwable t) {
      // The executor may have accepted it all the same.
      if (!run.cancel()) {
        run.await();
      }
      throw t;
    }
    if (isStopped.getAsBoolean()) {
      // The stop may have come before other threads could see the waiting run.
      run.stop();
    }
    run.await();
    return run.result();
  }

  /**
   * One run for one waiting thread. The thread that was to take it may die before, of a full heap
   * for example. So the run is handed over again as long as it waits, and the first thread that
   * takes it runs it. A stop ends it while it waits.
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
     * Makes a run for the calling thread.
     *
     * @param vcpu lets the vCPU run on the thread that calls it, and returns a number
     * @param whenInterrupted what to do when the calling thread is interrupted; its interrupt
     *     status stays set
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

    /** Ends the run, if no thread has begun it. Any thread may call it. */
    void stop() {
      if (STATE.compareAndSet(this, WAITING, STOPPING)) {
        result = STOPPED;
        state = DONE;
        LockSupport.unpark(waiter);
      }
    }

    /** Hands the run over once more, after longer and longer times. The watchdog calls it. */
    void look() {
      if (state == WAITING && Integer.bitCount(++looks) == 1 && looks > 1) {
        THREADS.execute(this);
      }
    }

    /**
     * Prevents the run.
     *
     * @return false if it has begun
     */
    boolean cancel() {
      return STATE.compareAndSet(this, WAITING, DONE);
    }

    void await() {
      boolean interrupted = false;
      while (state != DONE) {
        try {
          LockSupport.park(this);
          // A status that is set would keep the thread from parking.
          if (Thread.interrupted()) {
            interrupted = true;
            whenInterrupted.run();
          }
        } catch (StackOverflowError | OutOfMemoryError e) {
          // There is no room to park, so this looks again and again instead.
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** Returns or throws the result of the run, as if it had run on the calling thread. */
    int result() {
      Unchecked.rethrowIfAny(failure);
      return result;
    }
  }
}

package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.TimedPark;
import io.hyperlight.internal.os.Unchecked;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The further vCPUs of a VM, each with a host thread, on which threads of its guest run at the same
 * time. The first vCPU does not run meanwhile.
 *
 * <p>The team works in {@link #run}, for the thread of a call. Each of its threads holds the lock
 * whenever it does anything but run its vCPU or wait. So the host works for one of them at a time,
 * and everything that belongs to the guest is used by one thread at a time. The thread of the call
 * waits without the lock. It runs the embedder's code for the others ({@link #atCaller}): they wait
 * for that with the lock.
 *
 * <p>When {@link #run} returns, no vCPU runs, and everything belongs to the thread of the call
 * again.
 */
public final class VcpuTeam implements CallerAccess, AutoCloseable {
  /** What the threads do while the team works. */
  public interface Work {
    /**
     * Runs contexts on a vCPU until the team {@linkplain #isStopping stops}. The calling thread
     * holds the lock.
     *
     * @param processor the number of the vCPU, from 1 on
     */
    void runOn(int processor);

    /** Returns whether threads that wait have to look for work. Any thread may call it. */
    boolean hasEvent();
  }

  /** How long the thread of the call waits before it kicks the guests again. */
  private static final long KICK_AGAIN_NANOS = 1_000_000;

  private static final int LOCK_SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 300 : 0;

  private static final int SPINS = 2000;
  private static final long PAUSE_NANOS = 20_000;

  /** So many pages a vCPU and the tables that lead to its pages may take. */
  private static final long PAGES = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final CurrentCall call;
  private final List<Vcpu> vcpus;
  private final List<TeamThread> threads;
  private final VcpuKicker kickerBefore;
  private final TeamKicker kicker;
  private final AtomicInteger working = new AtomicInteger();
  private volatile boolean stopping = true;
  private volatile @Nullable Thread caller;
  private volatile @Nullable Errand<?> errand;
  private volatile @Nullable Throwable failure;
  private @Nullable Work work;
  private boolean mapped;

  /**
   * Makes the team. Its threads are made when it first works.
   *
   * @param kickerBefore of the first vCPU
   */
  VcpuTeam(CurrentCall call, List<Vcpu> vcpus, VcpuKicker kickerBefore) {
    this.call = call;
    this.vcpus = List.copyOf(vcpus);
    this.kickerBefore = kickerBefore;
    threads = new ArrayList<>();
    for (int i = 0; i < vcpus.size(); i++) {
      TeamThread thread = new TeamThread(this, vcpus.get(i), i + 1);
      vcpus.get(i).runner().useMember(thread);
      threads.add(thread);
    }
    kicker = new TeamKicker();
  }

  /** Returns the number of vCPUs. */
  public int size() {
    return vcpus.size();
  }

  List<Vcpu> vcpus() {
    return vcpus;
  }

  // The pages of the guest's memory that the vCPUs need.

  /**
   * Maps them, unless they are mapped.
   *
   * @return false if there is not enough memory
   */
  boolean mapPages(AddressSpace space) {
    if (!mapped) {
      if (space.freeBytes() < vcpus.size() * PAGES * PhysicalMemory.PAGE_SIZE) {
        return false;
      }
      for (Vcpu vcpu : vcpus) {
        vcpu.processor().mapPages(space);
      }
      mapped = true;
    }
    return true;
  }

  /** Unmaps them, so that an image does not have them. */
  void unmapPages(AddressSpace space) {
    if (mapped) {
      mapped = false;
      for (Vcpu vcpu : vcpus) {
        vcpu.processor().unmapPages(space);
      }
    }
  }

  /** Returns whether all threads can work, or can be made. */
  boolean isWhole() {
    for (int i = 0; i < threads.size(); i++) {
      if (!threads.get(i).isWhole()) {
        return false;
      }
    }
    return true;
  }

  /** Makes the vCPUs equal to new ones, after the memory was restored. */
  void restore() {
    mapped = false;
    for (Vcpu vcpu : vcpus) {
      vcpu.processor().restore();
      vcpu.processor().beginParked();
      vcpu.entry().restore();
      vcpu.attach(null);
    }
  }

  // The thread of the call.

  /**
   * Lets the team work until one of its threads {@linkplain #stop stops} it, or the call has to
   * end.
   *
   * @throws io.hyperlight.internal.os.SystemCallException if a thread is missing
   */
  public void run(Work toDo) {
    StackRoom.require(); // to stop what has begun
    Call running = call.get();
    if (running == null) {
      throw new IllegalStateException("there is no call");
    }
    for (TeamThread thread : threads) {
      thread.launch();
      thread.beginCall(running.word().number());
    }
    caller = Thread.currentThread();
    work = toDo;
    failure = null;
    stopping = false;
    running.runBy(kicker);
    call.useAccess(this);
    boolean interrupted = false;
    try {
      for (int i = 0; i < threads.size(); i++) {
        vcpus.get(i).setAway(false); // an error may have ended the last work in the middle
        working.incrementAndGet();
        threads.get(i).start();
      }
      while (!stopping) {
        int result = running.await(this::awaitEvent);
        runErrand();
        if (result == Call.STOPPED) {
          break;
        }
      }
    } finally {
      interrupted = endWork();
      call.useAccess(null);
      running.runBy(kickerBefore);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    Throwable thrown = failure;
    failure = null;
    Unchecked.rethrowIfAny(thrown);
  }

  private int awaitEvent() {
    boolean interrupted = false;
    while (!stopping && errand == null && !isCallStopped()) {
      LockSupport.park(this);
      if (Thread.interrupted()) { // a status that is set would keep the thread from parking
        interrupted = true;
        call.callerInterrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private void runErrand() {
    Errand<?> next = errand;
    if (next != null) {
      errand = null;
      next.run();
    }
  }

  /**
   * Waits until all threads stand still.
   *
   * @return whether the calling thread was interrupted meanwhile
   */
  private boolean endWork() {
    boolean interrupted = false;
    stopping = true;
    while (working.get() > 0) {
      try {
        disturb();
        runErrand();
        if (working.get() > 0 && errand == null) {
          TimedPark.parkNanos(this, KICK_AGAIN_NANOS);
          interrupted |= Thread.interrupted();
        }
      } catch (RuntimeException | Error e) {
        // There is no room. Nothing of the guest may be freed before the others stand still.
        Thread.onSpinWait();
      }
    }
    return interrupted;
  }

  /** Makes all guests leave, and all threads that wait look for work. */
  private void disturb() {
    for (int i = 0; i < threads.size(); i++) {
      threads.get(i).kick();
      threads.get(i).wake();
    }
  }

  /** Says that other calls come, which may have the same numbers. */
  void forgetCalls() {
    for (int i = 0; i < threads.size(); i++) {
      threads.get(i).forgetCalls();
    }
  }

  /** Returns how much processor time its threads have used for a call, in nanoseconds. */
  long usedNanos(long ofCall) {
    long used = 0;
    for (int i = 0; i < threads.size(); i++) {
      used += threads.get(i).usedNanos(ofCall);
    }
    return used;
  }

  // The threads of the team. They hold the lock.

  void work(int number) {
    lock.lock();
    try {
      Objects.requireNonNull(work).runOn(number);
    } catch (Throwable t) {
      if (failure == null) {
        failure = t;
      }
    } finally {
      if (lock.isHeldByCurrentThread()) {
        lock.unlock();
      }
    }
  }

  /** Says that a thread does not work any more. The others end, too. */
  void left() {
    stopping = true;
    working.decrementAndGet();
    LockSupport.unpark(caller);
  }

  void lock() {
    // The host answers most system calls in less time than it takes to park and unpark a thread.
    for (int spins = LOCK_SPINS; spins > 0; spins--) {
      if (!lock.isLocked() && lock.tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Makes all threads end their work as soon as they can. */
  public void stop() {
    stopping = true;
    LockSupport.unpark(caller);
  }

  /** Returns whether the threads have to end their work. */
  public boolean isStopping() {
    return stopping;
  }

  boolean isCallStopped() {
    Call running = call.get();
    return running != null && running.isStopped();
  }

  boolean hasEvent() {
    Work now = work;
    return now != null && now.hasEvent();
  }

  /** {@inheritDoc} They are the team, of which one at a time holds the lock. */
  @Override
  public boolean isMember() {
    return lock.isHeldByCurrentThread();
  }

  @Override
  public <T extends @Nullable Object> T atCaller(Callable<T> toDo) {
    Errand<T> asked = new Errand<>(toDo);
    if (!isMember()) {
      asked.run();
      return asked.await();
    }
    errand = asked;
    LockSupport.unpark(caller);
    return asked.await();
  }

  /**
   * Waits without the lock until another thread {@linkplain #wakeOne wakes} this one.
   *
   * @param nanos the longest time
   */
  public void idle(int processor, long nanos) {
    threads.get(processor - 1).idle(nanos);
  }

  /**
   * Wakes a thread that waits, if there is one.
   *
   * @param preferred the number of its vCPU
   */
  public void wakeOne(int preferred) {
    if (preferred > 0 && threads.get(preferred - 1).wake()) {
      return;
    }
    for (int i = 0; i < threads.size(); i++) {
      if (threads.get(i).wake()) {
        return;
      }
    }
  }

  /**
   * Makes a thread look for work: all that wait, or one that runs a guest. Any thread may call it.
   */
  public void look() {
    boolean any = false;
    for (int i = 0; i < threads.size(); i++) {
      any |= threads.get(i).wake();
    }
    if (!any) {
      threads.getFirst().kick();
    }
  }

  /** Makes a guest leave with {@link io.hyperlight.internal.machine.arch.Trap.Preempted}. */
  public void kick(int processor) {
    threads.get(processor - 1).kick();
  }

  /**
   * Makes a guest leave, if it runs, and waits until it has left. It goes on after the caller has
   * given up the lock.
   */
  public void kickAndWait(int processor) {
    TeamThread other = threads.get(processor - 1);
    for (int spins = 0; other.isInGuest(); spins++) {
      if (spins % SPINS == 0) {
        other.kick();
      }
      if (spins > SPINS) {
        TimedPark.pauseNanos(this, PAUSE_NANOS);
      }
      Thread.onSpinWait();
    }
  }

  /** Ends the threads. The team does not work. */
  @Override
  public void close() {
    for (int i = 0; i < threads.size(); i++) { // an iterator would need room in the heap
      threads.get(i).close();
    }
  }

  /** Reaches all guests of the team, for those who stop the call. */
  private final class TeamKicker extends VcpuKicker {
    TeamKicker() {
      super(null);
    }

    @Override
    int thread() {
      return kickerBefore.thread();
    }

    @Override
    void kick() {
      disturb();
      LockSupport.unpark(caller);
    }

    @Override
    void kickOwnThread() {
      disturb();
    }

    @Override
    long preempt(long time) {
      long next = Durations.UNLIMITED_NANOS;
      for (int i = 0; i < threads.size(); i++) {
        next = Math.min(next, threads.get(i).preempt(time));
      }
      return next;
    }

    @Override
    long furtherNanos(long ofCall) {
      return usedNanos(ofCall);
    }
  }
}

package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.os.TimedPark;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What happens outside of a world and ends waits of its tasks, such as the arrival of standard
 * input. Any thread may {@link #post} it. The thread that runs the world reacts to it, between two
 * steps of its tasks.
 *
 * <p>While anything is {@linkplain #expect expected}, tasks that wait are not in a deadlock.
 */
public final class OutsideEvents {
  private final ConcurrentLinkedQueue<Runnable> come = new ConcurrentLinkedQueue<>();
  private final AtomicInteger expected = new AtomicInteger();

  /** Whether the queue may have something. It is cheaper to read than the queue. */
  private volatile boolean any;

  /** Reaches further threads that wait for events. */
  private volatile Runnable waker = () -> {};

  /** The thread that waits for events, if there is one. */
  private volatile @Nullable Thread waiting;

  /** Says that an event will be posted, unless this is {@linkplain #unexpect taken back}. */
  public void expect() {
    expected.incrementAndGet();
  }

  /** Says that one event less will be posted. */
  public void unexpect() {
    expected.decrementAndGet();
  }

  boolean areExpected() {
    return expected.get() > 0;
  }

  /**
   * Adds an event. For any thread.
   *
   * @param reaction is run on the thread that runs the world; it may wake tasks
   */
  public void post(Runnable reaction) {
    come.add(reaction);
    any = true;
    LockSupport.unpark(waiting);
    waker.run();
  }

  /** Sets what wakes further threads that wait for events. It must be short. */
  void wakeAlso(Runnable further) {
    waker = further;
  }

  /** Returns whether there are events. Any thread may call it. */
  public boolean haveCome() {
    return any;
  }

  /** Reacts to all events that have come. */
  void take() {
    if (!any) {
      return;
    }
    any = false; // first: an event that comes meanwhile sets it again
    for (Runnable next = come.poll(); next != null; next = come.poll()) {
      next.run();
    }
  }

  /**
   * Waits until an event comes, the thread is interrupted, or the time is over. May return early.
   */
  void await(long nanos) {
    waiting = Thread.currentThread();
    try {
      if (!any && !Thread.currentThread().isInterrupted()) {
        TimedPark.parkNanos(this, nanos);
      }
    } finally {
      waiting = null;
    }
  }
}

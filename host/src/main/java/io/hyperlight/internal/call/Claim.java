package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Records which thread uses an instance: one at a time. A second thread is refused, and so is a
 * host function that calls back into its own guest. Releasing and claiming order the threads'
 * accesses to all other state.
 */
final class Claim {
  private static final VarHandle USER;

  static {
    try {
      USER = MethodHandles.lookup().findVarHandle(Claim.class, "user", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final InstanceState state;
  private final Outcome.Reporter reporter;

  /** Whether new calls are refused. */
  private volatile boolean refusing;

  /** Call stubs set it to null at the end of a call. */
  volatile @Nullable Thread user;

  Claim(InstanceState state, Outcome.Reporter reporter) {
    this.state = state;
    this.reporter = reporter;
  }

  /**
   * Claims an instance that can be called.
   *
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable; it
   *     is not claimed then
   */
  void claimUsable() {
    claimOpen();
    Ending since = state.unusableSince;
    if (since != null) {
      user = null;
      throw reporter.exceptionFor(new Outcome.Unusable(since));
    }
  }

  /**
   * Claims an instance that may be unusable.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed; it is not
   *     claimed then
   */
  void claimOpen() {
    claim();
    // Plain loads and stores only: a method call could overflow the stack and leave the instance
    // claimed.
    if (state.stage == InstanceState.Stage.CLOSED || refusing) {
      user = null;
      throw reporter.exceptionFor(new Outcome.Closed());
    }
  }

  /**
   * Claims an instance that may be closed.
   *
   * @throws RuntimeException from the reporter, if the instance is in use
   */
  void claim() {
    Thread thread = Thread.currentThread();
    if (!USER.compareAndSet(this, null, thread)) {
      Thread other = user;
      // The other thread may have released it meanwhile, but this claim still came too early.
      throw reporter.exceptionFor(
          other == thread ? new Outcome.Reentered() : new Outcome.InUse(other));
    }
  }

  /** Releases the instance, so that other threads can claim it. */
  void release() {
    USER.setRelease(this, null);
  }

  /** Refuses all claims except {@link #claim}. May be called from any thread. */
  void refuse() {
    refusing = true;
  }
}

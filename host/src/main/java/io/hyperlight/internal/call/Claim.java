package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Who uses an instance: one thread at a time. A second one, and a host function that calls back
 * into its own guest, is refused. Releasing and claiming order the threads' accesses to all other
 * state.
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

  /** Whether no call may begin any more. */
  private volatile boolean refusing;

  /** Stubs of calls set it to null, at the end. */
  volatile @Nullable Thread user;

  Claim(InstanceState state, Outcome.Reporter reporter) {
    this.state = state;
    this.reporter = reporter;
  }

  /**
   * Claims an instance that can be called.
   *
   * @throws RuntimeException from the reporter, if it is in use, closed or unusable; it is then not
   *     claimed
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
   * @throws RuntimeException from the reporter, if it is in use or closed; it is then not claimed
   */
  void claimOpen() {
    claim();
    // Plain loads and stores, without a call that could overflow the stack and keep the claim.
    if (state.stage == InstanceState.Stage.CLOSED || refusing) {
      user = null;
      throw reporter.exceptionFor(new Outcome.Closed());
    }
  }

  /**
   * Claims an instance that may be closed.
   *
   * @throws RuntimeException from the reporter, if it is in use
   */
  void claim() {
    Thread thread = Thread.currentThread();
    if (!USER.compareAndSet(this, null, thread)) {
      Thread other = user;
      // It may have been released meanwhile; who asks was too early all the same.
      throw reporter.exceptionFor(
          other == thread ? new Outcome.Reentered() : new Outcome.InUse(other));
    }
  }

  /** Lets others claim the instance. */
  void release() {
    USER.setRelease(this, null);
  }

  /** Refuses all claims but the last: {@link #claim}. From any thread. */
  void refuse() {
    refusing = true;
  }
}

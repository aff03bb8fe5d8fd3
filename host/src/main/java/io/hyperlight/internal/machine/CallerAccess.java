package io.hyperlight.internal.machine;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Reaches the thread of a call from other threads that work for the call. */
interface CallerAccess {
  /** Returns whether the calling thread is one of those others. */
  boolean isMember();

  /**
   * Lets the thread of the call do something, and waits for it, if the calling thread is one of
   * those others. Otherwise the calling thread does it.
   *
   * @return what the work returns; what it throws is thrown unchanged
   */
  <T extends @Nullable Object> T atCaller(Callable<T> work);
}

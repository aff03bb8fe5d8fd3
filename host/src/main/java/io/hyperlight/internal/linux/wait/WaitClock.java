package io.hyperlight.internal.linux.wait;

/** The clocks of a world, as far as waits need them. */
public interface WaitClock {
  /** Returns a clock's time in nanoseconds. */
  long nanos(Deadline.Clock clock);

  /**
   * Returns whether time comes from the embedder's clock. It does not depend on the host's time
   * then, so a deadline comes as soon as nothing else can happen.
   */
  boolean isEmbedders();
}

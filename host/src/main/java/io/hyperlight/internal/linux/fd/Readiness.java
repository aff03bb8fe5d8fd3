package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.WaitSource;
import java.util.List;

/**
 * Tells those that wait for an open file that it may have become ready. They then look for
 * themselves. A file whose readiness never changes has none.
 */
public final class Readiness {
  private static final int INPUT =
      PollEvents.POLLIN | PollEvents.POLLPRI | PollEvents.POLLRDNORM | PollEvents.POLLRDBAND;
  private static final int OUTPUT =
      PollEvents.POLLOUT | PollEvents.POLLWRNORM | PollEvents.POLLWRBAND;

  private final WaitSource input;
  private final WaitSource output = new WaitSource();
  private final WaitSource hangUp = new WaitSource();

  Readiness() {
    this(new WaitSource());
  }

  /**
   * Creates a readiness that depends on something else.
   *
   * @param input changes when there is more to read
   */
  Readiness(WaitSource input) {
    this.input = input;
  }

  /** Returns what changes when there is more to read. */
  public WaitSource input() {
    return input;
  }

  /** Returns what changes when there is more room to write. */
  public WaitSource output() {
    return output;
  }

  /** Returns what changes when the other side begins or stops to use the file. */
  public WaitSource hangUp() {
    return hangUp;
  }

  /** Answers whether so much waits that nothing else should. */
  boolean isCrowded() {
    return input.isCrowded() || output.isCrowded() || hangUp.isCrowded();
  }

  /** Answers whether a change of a source may be one of these events, a hang-up or an error. */
  @SuppressWarnings("ReferenceEquality") // sources are equal only to themselves
  boolean concerns(WaitSource source, int events) {
    return source == hangUp || (events & (source == input ? INPUT : OUTPUT)) != 0;
  }

  /** Answers whether any of these events means that there is something to read. */
  static boolean isInput(int events) {
    return (events & INPUT) != 0;
  }

  /** Adds what changes when one of these events, a hang-up or an error may have come. */
  void addTo(List<WaitSource> sources, int events) {
    sources.add(hangUp);
    if ((events & INPUT) != 0) {
      sources.add(input);
    }
    if ((events & OUTPUT) != 0) {
      sources.add(output);
    }
  }
}

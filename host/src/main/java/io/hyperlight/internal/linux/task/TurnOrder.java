package io.hyperlight.internal.linux.task;

import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * When turns of tasks are over, and who comes next.
 *
 * <p>A seed makes both vary, in the same way in each run. So tests explore what a program does
 * under many interleavings of its threads.
 */
public final class TurnOrder {
  /** What ends turns, besides waits and yields. */
  public enum Kind {
    /** The host's time. The first ready task comes next. */
    TIMED,
    /** Nothing. The first ready task comes next. So each run of a program is the same. */
    UNTIMED,
    /** A random number at each system call. Any ready task comes next. */
    SEEDED,
    /** The host's time, after a random and very short one. Any ready task comes next. */
    HASTY
  }

  /**
   * What a sandbox is made with.
   *
   * @param seed empty unless the kind is {@link Kind#SEEDED}
   */
  public record Choice(Kind kind, OptionalLong seed) {
    /** The default. */
    public static final Choice TIMED = new Choice(Kind.TIMED, OptionalLong.empty());

    /** Each run is the same. */
    public static final Choice UNTIMED = new Choice(Kind.UNTIMED, OptionalLong.empty());

    /** Returns the choice of an interleaving. */
    public static Choice seeded(long seed) {
      return new Choice(Kind.SEEDED, OptionalLong.of(seed));
    }

    /** Returns the choice to stop tasks often, at any instruction. */
    public static Choice hasty(long seed) {
      return new Choice(Kind.HASTY, OptionalLong.of(seed));
    }
  }

  /** One system call of so many ends the turn. */
  private static final int CALLS = 3;

  /** How long a turn is. */
  private static final long TURN_NANOS = 4_000_000;

  /** How long the longest one of those is that are short. */
  private static final long SHORT_TURN_NANOS = 300_000;

  private final Kind kind;
  private final OptionalLong seed;
  private @Nullable SplittableRandom random;

  /** Creates the order that a sandbox was made with. */
  public TurnOrder(Choice choice) {
    kind = choice.kind();
    seed = choice.seed();
    restore();
  }

  /** Begins again. */
  void restore() {
    if (seed.isPresent()) {
      random = new SplittableRandom(seed.getAsLong());
    }
  }

  Kind kind() {
    return kind;
  }

  boolean isTimed() {
    return kind == Kind.TIMED || kind == Kind.HASTY;
  }

  boolean endsTurn() {
    return random != null && random.nextInt(CALLS) == 0;
  }

  /** Returns how long the next turn is. */
  long turnNanos() {
    return random == null ? TURN_NANOS : random.nextLong(SHORT_TURN_NANOS);
  }

  /** Returns the index of the task that comes next. */
  int choose(int ready) {
    return random == null || ready == 1 ? 0 : random.nextInt(ready);
  }
}

package io.hyperlight.threads;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A step of a {@link ThreadScript}: something that some of its threads do together.
 *
 * @param variant how it is done; each kind has some ways
 * @param amount how much is done
 * @param seed where values come from
 * @param object what it is done to, which depends on the kind
 * @param extra a signal's number, or a detail of the variant
 * @param threads the threads that take part, in the order of their roles
 */
record ThreadStep(
    Kind kind, int variant, int amount, int seed, int object, int extra, List<Integer> threads) {
  /** How many threads may take part. */
  static final int MOST = 8;

  /** How a step is written for the interpreter. */
  static final int BYTES = (7 + MOST) * Integer.BYTES;

  /** What threads do. The order is that of the interpreter, script.c. */
  enum Kind {
    COMPUTE,
    YIELD,
    NAP,
    LOCKED,
    READ_LOCKED,
    MAKE_ONCE,
    MEMORY,
    SIGNAL_SELF,
    THREAD_LOCAL,
    NAMES,
    CANCEL,
    LOSE_OWNER,
    WITHOUT_LIBRARY,
    CALL_HOST,
    CLOCK,
    TRANSFER,
    POUR,
    PASS_FILES,
    BARRIER,
    GATE,
    RING,
    SEND_SIGNALS,
    EVENTS,
    CREATE,
    JOIN,
    DETACH,
    END;

    /** Whether a script may lose such a step and is still one. */
    boolean mayBeMissing() {
      return compareTo(CREATE) < 0;
    }
  }

  ThreadStep {
    threads = List.copyOf(threads);
  }

  @SuppressWarnings("EnumOrdinal") // the interpreter has the same order
  void write(ByteBuffer to) {
    to.putInt(kind.ordinal()).putInt(variant).putInt(amount).putInt(seed).putInt(object);
    to.putInt(extra).putInt(threads.size());
    for (int i = 0; i < MOST; i++) {
      to.putInt(i < threads.size() ? threads.get(i) : -1);
    }
  }

  @Override
  public String toString() {
    return "%s variant %d amount %d seed %d object %d extra %d by %s"
        .formatted(kind, variant, amount, seed, object, extra, threads);
  }
}

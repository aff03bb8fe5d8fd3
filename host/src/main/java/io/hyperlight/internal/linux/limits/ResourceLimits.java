package io.hyperlight.internal.linux.limits;

import io.hyperlight.internal.restore.Restorable;
import java.util.HashMap;
import java.util.Map;

/**
 * The resource limits of a process: {@code getrlimit(2)}. Those that something depends on are kept
 * ready; the embedder's limits hold in any case.
 */
public final class ResourceLimits implements Restorable<Map<Integer, ResourceLimits.Limit>> {
  static final int FSIZE = 1;
  static final int DATA = 2;
  static final int STACK = 3;
  static final int CORE = 4;
  public static final int RSS = 5;
  static final int NPROC = 6;
  static final int NOFILE = 7;
  static final int MEMLOCK = 8;
  static final int AS = 9;
  static final int SIGPENDING = 11;
  static final int MSGQUEUE = 12;
  static final int NICE = 13;
  static final int RTPRIO = 14;
  private static final int COUNT = 16;

  /** {@code RLIM_INFINITY}: the largest number without sign. */
  public static final long INFINITY = -1;

  /** The most signals that can be pending: {@code RLIMIT_SIGPENDING} of a new program. */
  public static final int MAX_PENDING_SIGNALS = 1024;

  private static final long MESSAGE_BYTES = 819_200;

  /**
   * {@code struct rlimit}: numbers without sign, of which the largest is no limit.
   *
   * @param current the one that holds
   * @param maximum as far as the process may raise it
   */
  public record Limit(long current, long maximum) {}

  private final long stackBytes;
  private final int mostDescriptors;
  private Map<Integer, Limit> changed = Map.of();

  // Those that are asked for often.
  private int descriptors;
  private long fileBytes = INFINITY;
  private long addressBytes = INFINITY;
  private long dataBytes = INFINITY;
  private long pendingSignals = MAX_PENDING_SIGNALS;

  /**
   * Those of a new program.
   *
   * @param stackBytes how large its stack is
   * @param descriptors how many it may have open, whatever it says
   */
  public ResourceLimits(long stackBytes, int descriptors) {
    this.stackBytes = stackBytes;
    mostDescriptors = descriptors;
    this.descriptors = descriptors;
  }

  /** Those that the process has changed, by number. */
  public Map<Integer, Limit> state() {
    return changed;
  }

  @Override
  public void restore(Map<Integer, Limit> earlier) {
    if (!changed.equals(earlier)) {
      changed = earlier;
      apply();
    }
  }

  private void apply() {
    descriptors = (int) Math.min(of(NOFILE).current(), (long) mostDescriptors);
    fileBytes = of(FSIZE).current();
    addressBytes = of(AS).current();
    dataBytes = of(DATA).current();
    pendingSignals = Math.min(of(SIGPENDING).current(), MAX_PENDING_SIGNALS);
  }

  /** Whether there is such a resource. */
  public static boolean exists(int resource) {
    return resource >= 0 && resource < COUNT;
  }

  /** The one of a resource that exists. */
  public Limit of(int resource) {
    Limit limit = changed.get(resource);
    if (limit != null) {
      return limit;
    }
    long initial =
        switch (resource) {
          case STACK -> stackBytes;
          case CORE, MEMLOCK, NICE, RTPRIO -> 0;
          case NPROC -> 1;
          case NOFILE -> mostDescriptors;
          case SIGPENDING -> MAX_PENDING_SIGNALS;
          case MSGQUEUE -> MESSAGE_BYTES;
          default -> INFINITY;
        };
    return new Limit(initial, initial);
  }

  /** Sets that of a resource that exists. */
  public void set(int resource, Limit limit) {
    Map<Integer, Limit> all = new HashMap<>(changed);
    all.put(resource, limit);
    changed = Map.copyOf(all);
    apply();
  }

  /** {@code RLIMIT_NOFILE}: numbers of descriptors that are given out are below. */
  public int descriptors() {
    return descriptors;
  }

  /** {@code RLIMIT_FSIZE}. */
  public long fileBytes() {
    return fileBytes;
  }

  /** {@code RLIMIT_AS}. */
  public long addressBytes() {
    return addressBytes;
  }

  /** {@code RLIMIT_DATA}. */
  public long dataBytes() {
    return dataBytes;
  }

  /** How many signals may be pending. */
  public long pendingSignals() {
    return pendingSignals;
  }

  /** How large the program's stack is. */
  public long stackBytes() {
    return stackBytes;
  }
}

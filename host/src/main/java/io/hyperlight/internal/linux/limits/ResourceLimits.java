package io.hyperlight.internal.linux.limits;

import io.hyperlight.internal.restore.Restorable;
import java.util.HashMap;
import java.util.Map;

/**
 * The resource limits of a process: {@code getrlimit(2)}. The limits that have an effect are kept
 * ready for use. The embedder's limits hold whatever the process sets.
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

  /** {@code RLIM_INFINITY}: the largest unsigned number. */
  public static final long INFINITY = -1;

  /** The maximum number of pending signals: {@code RLIMIT_SIGPENDING} of a new program. */
  public static final int MAX_PENDING_SIGNALS = 1024;

  /** {@code MLOCK_LIMIT} of the kernel. */
  private static final long LOCKED_BYTES = 8 << 20;

  private static final long MESSAGE_BYTES = 819_200;

  /**
   * Holds a {@code struct rlimit}. The numbers are unsigned; the largest means no limit.
   *
   * @param current the limit in force
   * @param maximum how far the process may raise it
   */
  public record Limit(long current, long maximum) {}

  private final long stackBytes;
  private final int maxDescriptors;
  private Map<Integer, Limit> changed = Map.of();

  // Copies of the limits that are read often.
  private int descriptors;
  private long fileBytes = INFINITY;
  private long addressBytes = INFINITY;
  private long dataBytes = INFINITY;
  private long pendingSignals = MAX_PENDING_SIGNALS;

  /**
   * Creates the limits of a new program.
   *
   * @param stackBytes the size of its stack in bytes
   * @param descriptors the maximum number of open descriptors, whatever the program sets
   */
  public ResourceLimits(long stackBytes, int descriptors) {
    this.stackBytes = stackBytes;
    maxDescriptors = descriptors;
    this.descriptors = descriptors;
  }

  /** Returns the limits that the process has changed, by number. */
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
    descriptors = (int) Math.min(of(NOFILE).current(), (long) maxDescriptors);
    fileBytes = of(FSIZE).current();
    addressBytes = of(AS).current();
    dataBytes = of(DATA).current();
    pendingSignals = Math.min(of(SIGPENDING).current(), MAX_PENDING_SIGNALS);
  }

  /** Answers whether a resource exists. */
  public static boolean exists(int resource) {
    return resource >= 0 && resource < COUNT;
  }

  /** Returns the limit of a resource, which exists. */
  public Limit of(int resource) {
    Limit limit = changed.get(resource);
    if (limit != null) {
      return limit;
    }
    long initial =
        switch (resource) {
          case STACK -> stackBytes;
          case CORE, NICE, RTPRIO -> 0;
          case MEMLOCK -> LOCKED_BYTES;
          case NPROC -> 1;
          case NOFILE -> maxDescriptors;
          case SIGPENDING -> MAX_PENDING_SIGNALS;
          case MSGQUEUE -> MESSAGE_BYTES;
          default -> INFINITY;
        };
    return new Limit(initial, initial);
  }

  /** Sets the limit of a resource, which exists. */
  public void set(int resource, Limit limit) {
    Map<Integer, Limit> all = new HashMap<>(changed);
    all.put(resource, limit);
    changed = Map.copyOf(all);
    apply();
  }

  /** Returns {@code RLIMIT_NOFILE}. New descriptors have numbers below it. */
  public int descriptors() {
    return descriptors;
  }

  /** Returns {@code RLIMIT_MEMLOCK}. */
  public long lockedBytes() {
    return of(MEMLOCK).current();
  }

  /** Returns {@code RLIMIT_FSIZE}. */
  public long fileBytes() {
    return fileBytes;
  }

  /** Returns {@code RLIMIT_AS}. */
  public long addressBytes() {
    return addressBytes;
  }

  /** Returns {@code RLIMIT_DATA}. */
  public long dataBytes() {
    return dataBytes;
  }

  /** Returns how many signals may be pending. */
  public long pendingSignals() {
    return pendingSignals;
  }

  /** Returns the size of the program's stack in bytes. */
  public long stackBytes() {
    return stackBytes;
  }
}

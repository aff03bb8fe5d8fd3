package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Resource limits: {@code getrlimit(2)}, {@code setrlimit(2)}, {@code prlimit(2)}. A program can
 * lower them. They hold for descriptors, the size of files, addresses, data and pending signals;
 * the embedder's limits hold in any case. All others are kept, and nothing comes of them.
 */
final class LimitCalls {
  static final int FSIZE = 1;
  static final int DATA = 2;
  static final int STACK = 3;
  static final int CORE = 4;
  static final int RSS = 5;
  static final int NPROC = 6;
  static final int NOFILE = 7;
  static final int MEMLOCK = 8;
  static final int AS = 9;
  static final int SIGPENDING = 11;
  static final int MSGQUEUE = 12;
  static final int NICE = 13;
  static final int RTPRIO = 14;

  static final int COUNT = 16;

  static final long INFINITY = -1;

  private static final int SIZE = 16;
  private static final long MESSAGE_BYTES = 819_200;

  private final SystemCalls guest;
  private final long stackBytes;
  private final int descriptors;
  private Map<Integer, ProcessState.Limit> changed = Map.of();

  private long addressBytes = INFINITY;
  private long dataBytes = INFINITY;
  private long pendingSignals = PendingSignals.MOST;

  LimitCalls(SystemCalls guest, long stackBytes, int descriptors) {
    this.guest = guest;
    this.stackBytes = stackBytes;
    this.descriptors = descriptors;
  }

  static void register(SystemCallTable table) {
    table.on(97, (guest, a, b, c, d, e, f) -> guest.process().limits().getLimit((int) a, b));
    table.on(160, (guest, a, b, c, d, e, f) -> guest.process().limits().setLimit((int) a, b));
    table.on(
        302, (guest, a, b, c, d, e, f) -> guest.process().limits().both((int) a, (int) b, c, d));
  }

  Map<Integer, ProcessState.Limit> state() {
    return changed;
  }

  void restore(Map<Integer, ProcessState.Limit> earlier) {
    if (!changed.equals(earlier)) {
      changed = earlier;
      apply();
    }
  }

  private void apply() {
    guest.files().descriptors().setLimit((int) Math.min(of(NOFILE).current(), (long) descriptors));
    guest.files().changes().fileSize().set(of(FSIZE).current());
    addressBytes = of(AS).current();
    dataBytes = of(DATA).current();
    pendingSignals = Math.min(of(SIGPENDING).current(), PendingSignals.MOST);
  }

  /**
   * Whether a range may be mapped, in place of what is there.
   *
   * @param start page-aligned, as {@code end}
   * @param data whether as memory that only the process writes
   */
  boolean allowsMapping(long start, long end, boolean data) {
    return (addressBytes == INFINITY || isWithin(addressBytes, more(start, end, false), false))
        && (!data || dataBytes == INFINITY || isWithin(dataBytes, more(start, end, true), true));
  }

  private long more(long start, long end, boolean data) {
    return end - start - guest.space().takenBytes(start, end, data);
  }

  /** Whether so much more may be mapped. */
  boolean allowsMore(long bytes, boolean data) {
    return (addressBytes == INFINITY || isWithin(addressBytes, bytes, false))
        && (!data || dataBytes == INFINITY || isWithin(dataBytes, bytes, true));
  }

  private boolean isWithin(long limit, long more, boolean data) {
    long taken = guest.space().takenBytes(0, AddressSpace.USER_END, data);
    return more <= 0 || Long.compareUnsigned(taken + more, limit) <= 0;
  }

  /** How many signals may be pending. */
  long pendingSignals() {
    return pendingSignals;
  }

  /** How large the program's stack is. */
  long stackBytes() {
    return stackBytes;
  }

  /** The one of a resource that exists. */
  ProcessState.Limit of(int resource) {
    ProcessState.Limit limit = changed.get(resource);
    if (limit != null) {
      return limit;
    }
    long initial =
        switch (resource) {
          case STACK -> stackBytes;
          case CORE, MEMLOCK, NICE, RTPRIO -> 0;
          case NPROC -> 1;
          case NOFILE -> descriptors;
          case SIGPENDING -> PendingSignals.MOST;
          case MSGQUEUE -> MESSAGE_BYTES;
          default -> INFINITY;
        };
    return new ProcessState.Limit(initial, initial);
  }

  private static boolean exists(int resource) {
    return resource >= 0 && resource < COUNT;
  }

  private long getLimit(int resource, long target) {
    if (!exists(resource)) {
      return -Errno.EINVAL;
    }
    write(target, of(resource));
    return 0;
  }

  private void write(long target, ProcessState.Limit limit) {
    guest
        .mem()
        .write(target, GuestMemory.struct(SIZE).putLong(limit.current()).putLong(limit.maximum()));
  }

  private long setLimit(int resource, long source) {
    return set(resource, guest.mem().readStruct(source, SIZE));
  }

  private long set(int resource, ByteBuffer struct) {
    ProcessState.Limit wanted = new ProcessState.Limit(struct.getLong(), struct.getLong());
    if (!exists(resource) || Long.compareUnsigned(wanted.current(), wanted.maximum()) > 0) {
      return -Errno.EINVAL;
    }
    ProcessState.Limit before = of(resource);
    if (Long.compareUnsigned(wanted.maximum(), before.maximum()) > 0) {
      return -Errno.EPERM;
    }
    if (!wanted.equals(before)) {
      Map<Integer, ProcessState.Limit> all = new HashMap<>(changed);
      all.put(resource, wanted);
      changed = Map.copyOf(all);
      apply();
    }
    return 0;
  }

  private long both(int process, int resource, long source, long target) {
    ByteBuffer wanted = source == 0 ? null : guest.mem().readStruct(source, SIZE);
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    if (!exists(resource)) {
      return -Errno.EINVAL;
    }
    ProcessState.Limit before = of(resource);
    long result = wanted == null ? 0 : set(resource, wanted);
    if (result == 0 && target != 0) {
      write(target, before);
    }
    return result;
  }
}

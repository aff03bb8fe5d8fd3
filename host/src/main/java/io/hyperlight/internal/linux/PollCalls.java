package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for descriptors: {@code poll(2)}, {@code select(2)} and their relatives. Nothing becomes
 * ready while the guest's one thread waits, so that either something is ready at once, or time
 * passes, or the guest would wait for ever.
 */
final class PollCalls {
  private static final int POLLPRI = 2;
  private static final int POLLNVAL = 0x20;
  private static final int POLLFD_SIZE = 8;
  private static final int SET_SIZE = 8;

  private static final int READABLE =
      OpenFile.POLLIN | OpenFile.POLLRDNORM | OpenFile.POLLHUP | OpenFile.POLLERR;
  private static final int WRITABLE = OpenFile.POLLOUT | OpenFile.POLLWRNORM | OpenFile.POLLERR;

  private static final long FOREVER = -1;
  private static final long NANOS = 1_000_000_000L;

  private PollCalls() {}

  static void register(SystemCallTable table) {
    table.on(7, (guest, a, b, c, d, e, f) -> poll(guest, a, b, (int) c));
    table.on(23, (guest, a, b, c, d, e, f) -> select(guest, (int) a, b, c, d, e));
    table.on(270, (guest, a, b, c, d, e, f) -> pselect(guest, (int) a, b, c, d, e, f));
    table.on(271, (guest, a, b, c, d, e, f) -> ppoll(guest, a, b, c, d, e));
  }

  /**
   * How long a call may wait.
   *
   * @param nanos {@link #FOREVER} for no end
   * @param address where the time that is left is told; 0 for nowhere
   * @param unit how many nanoseconds the second number there counts
   * @param begin when it began, if the time that is left is told
   */
  private record Timeout(long nanos, long address, int unit, long begin) {
    static Timeout of(int milliseconds) {
      return new Timeout(milliseconds < 0 ? FOREVER : milliseconds * 1_000_000L, 0, 1, 0);
    }

    /** From a structure; null if that has no time. */
    static @Nullable Timeout read(SystemCalls guest, long address, int unit) {
      if (address == 0) {
        return new Timeout(FOREVER, 0, unit, 0);
      }
      long nanos =
          unit == 1 ? guest.time().readNanos(address) : guest.time().readMicroseconds(address);
      return nanos < 0 ? null : new Timeout(nanos, address, unit, guest.time().now(false));
    }

    /** Tells what is left of it, as Linux does at every end of such a call. */
    void tell(SystemCalls guest, boolean passed) {
      if (address != 0 && nanos != 0) {
        long left = passed ? 0 : Math.max(0, nanos - (guest.time().now(false) - begin));
        try {
          guest.mem().write(address, TimeCalls.pair(left / NANOS, left % NANOS / unit));
        } catch (GuestAddressException _) {
          // It could be read only: that is no error.
        }
      }
    }
  }

  private static long poll(SystemCalls guest, long table, long count, int milliseconds) {
    return poll(guest, table, count, Timeout.of(milliseconds), null);
  }

  private static long ppoll(
      SystemCalls guest, long table, long count, long time, long mask, long maskSize) {
    Timeout timeout = Timeout.read(guest, time, 1);
    if (timeout == null || (mask != 0 && maskSize != SET_SIZE)) {
      return -Errno.EINVAL;
    }
    Long signals = mask == 0 ? null : (Long) guest.mem().readLong(mask);
    try {
      return poll(guest, table, count, timeout, signals);
    } catch (GuestAddressException e) {
      timeout.tell(guest, false);
      throw e;
    }
  }

  private static long poll(
      SystemCalls guest, long address, long wanted, Timeout timeout, @Nullable Long signals) {
    long count = Integer.toUnsignedLong((int) wanted);
    if (count > guest.files().descriptors().limit()) {
      timeout.tell(guest, false);
      return -Errno.EINVAL; // RLIMIT_NOFILE
    }
    ByteBuffer table = guest.mem().readStruct(address, (int) count * POLLFD_SIZE);
    int ready = 0;
    for (int at = 0; at < table.capacity(); at += POLLFD_SIZE) {
      int found = ready(guest, table.getInt(at), table.getShort(at + 4));
      table.putShort(at + 6, (short) found);
      ready += found != 0 ? 1 : 0;
    }
    guest.mem().write(address, table);
    if (ready > 0) {
      timeout.tell(guest, false);
      return ready;
    }
    return waitFor(guest, timeout, signals, "poll");
  }

  private static int ready(SystemCalls guest, int descriptor, int wanted) {
    if (descriptor < 0) {
      return 0;
    }
    OpenFile file = guest.files().descriptors().find(descriptor);
    if (file == null || file instanceof PathFile) {
      return POLLNVAL;
    }
    return file.ready() & (wanted | OpenFile.POLLERR | OpenFile.POLLHUP);
  }

  /** Lets the time pass, of which there may be no end. */
  private static long waitFor(
      SystemCalls guest, Timeout timeout, @Nullable Long signals, String call) {
    if (signals != null && guest.signals().isDeliverableUnder(signals)) {
      timeout.tell(guest, false);
      guest.signals().deliverUnder(signals);
      return -Errno.EINTR;
    }
    if (timeout.nanos == FOREVER) {
      return guest.stuck("waits for descriptors that never become ready (" + call + ")");
    }
    boolean passed = guest.time().sleep(timeout.nanos);
    timeout.tell(guest, passed);
    return passed ? 0 : -Errno.EINTR;
  }

  private static long select(
      SystemCalls guest, int count, long reads, long writes, long exceptions, long time) {
    Timeout timeout = Timeout.read(guest, time, 1000);
    return timeout == null
        ? -Errno.EINVAL
        : select(guest, count, new long[] {reads, writes, exceptions}, timeout, null);
  }

  private static long pselect(
      SystemCalls guest,
      int count,
      long reads,
      long writes,
      long exceptions,
      long time,
      long mask) {
    long set = 0;
    long size = 0;
    if (mask != 0) {
      ByteBuffer pair = guest.mem().readStruct(mask, 16);
      set = pair.getLong();
      size = pair.getLong();
    }
    Timeout timeout = Timeout.read(guest, time, 1);
    if (timeout == null || (set != 0 && size != SET_SIZE)) {
      return -Errno.EINVAL;
    }
    Long signals = set == 0 ? null : (Long) guest.mem().readLong(set);
    return select(guest, count, new long[] {reads, writes, exceptions}, timeout, signals);
  }

  /**
   * Looks which descriptors of three sets are ready.
   *
   * @param sets their addresses; 0 for none
   */
  private static long select(
      SystemCalls guest, int wanted, long[] sets, Timeout timeout, @Nullable Long signals) {
    try {
      if (wanted < 0) {
        throw new FileException(Errno.EINVAL);
      }
      // As many as Linux would have room for.
      int count = Math.min(wanted, guest.files().descriptors().tableSize());
      int size = (count + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
      ByteBuffer[] found = new ByteBuffer[sets.length];
      int ready = look(guest, count, size, sets, found);
      if (ready == 0) {
        long result = waitFor(guest, timeout, signals, "select");
        if (result < 0) {
          return result; // nothing is said about the sets then
        }
      } else {
        timeout.tell(guest, false);
      }
      for (int i = 0; i < sets.length; i++) {
        if (sets[i] != 0) {
          guest.mem().write(sets[i], found[i]);
        }
      }
      return ready;
    } catch (FileException | GuestAddressException e) {
      timeout.tell(guest, false);
      throw e;
    }
  }

  /** How many are ready, and which in each set. */
  private static int look(SystemCalls guest, int count, int size, long[] sets, ByteBuffer[] found) {
    int[] masks = {READABLE, WRITABLE, POLLPRI};
    int ready = 0;
    for (int i = 0; i < sets.length; i++) {
      ByteBuffer set = GuestMemory.struct(size);
      found[i] = set;
      ByteBuffer asked = sets[i] == 0 ? set : guest.mem().readStruct(sets[i], size);
      for (int number = 0; number < count; number++) {
        int place = number / Byte.SIZE;
        int bit = 1 << number % Byte.SIZE;
        if (sets[i] == 0 || (asked.get(place) & bit) == 0) {
          continue;
        }
        guest.files().descriptors().any(number); // EBADF
        if ((ready(guest, number, masks[i]) & (masks[i] | POLLNVAL)) != 0) {
          set.put(place, (byte) (set.get(place) | bit));
          ready++;
        }
      }
    }
    return ready;
  }
}

package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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

  private PollCalls() {}

  static void register(SystemCallTable table) {
    table.on(7, (guest, a, b, c, d, e, f) -> poll(guest, a, b, (int) c));
    table.on(23, (guest, a, b, c, d, e, f) -> select(guest, (int) a, b, c, d, e));
    table.on(270, (guest, a, b, c, d, e, f) -> pselect(guest, (int) a, b, c, d, e, f));
    table.on(271, (guest, a, b, c, d, e, f) -> ppoll(guest, a, b, c, d, e));
  }

  private static long poll(SystemCalls guest, long table, long count, int milliseconds) {
    long nanos = milliseconds < 0 ? FOREVER : milliseconds * 1_000_000L;
    return poll(guest, table, count, nanos, null);
  }

  private static long ppoll(
      SystemCalls guest, long table, long count, long timeout, long mask, long maskSize) {
    if (mask != 0 && maskSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    Long signals = mask == 0 ? null : (Long) guest.mem().readLong(mask);
    long nanos = timeout == 0 ? FOREVER : guest.time().readNanos(timeout);
    if (timeout != 0 && nanos < 0) {
      return -Errno.EINVAL;
    }
    return poll(guest, table, count, nanos, signals);
  }

  private static long poll(
      SystemCalls guest, long address, long wanted, long nanos, @Nullable Long signals) {
    long count = Integer.toUnsignedLong((int) wanted);
    if (count > guest.files().descriptors().limit()) {
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
    return ready > 0 ? ready : waitFor(guest, nanos, signals, "poll");
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
  private static long waitFor(SystemCalls guest, long nanos, @Nullable Long signals, String call) {
    if (signals != null && nanos != 0 && guest.signals().deliverUnder(signals)) {
      return -Errno.EINTR;
    }
    if (nanos == FOREVER) {
      return guest.stuck("waits for descriptors that never become ready (" + call + ")");
    }
    return guest.time().sleep(nanos) ? 0 : -Errno.EINTR;
  }

  private static long select(
      SystemCalls guest, int count, long reads, long writes, long exceptions, long timeout) {
    return select(guest, count, new long[] {reads, writes, exceptions}, timeout, 1000, null);
  }

  private static long pselect(
      SystemCalls guest,
      int count,
      long reads,
      long writes,
      long exceptions,
      long timeout,
      long mask) {
    Long signals = null;
    if (mask != 0) {
      ByteBuffer pair = guest.mem().readStruct(mask, 16);
      long set = pair.getLong();
      if (set != 0) {
        if (pair.getLong() != SET_SIZE) {
          return -Errno.EINVAL;
        }
        signals = guest.mem().readLong(set);
      }
    }
    return select(guest, count, new long[] {reads, writes, exceptions}, timeout, 1, signals);
  }

  /**
   * Looks which descriptors of three sets are ready.
   *
   * @param sets their addresses; 0 for none
   * @param unit how many nanoseconds the second number of the timeout counts
   */
  private static long select(
      SystemCalls guest, int wanted, long[] sets, long timeout, int unit, @Nullable Long signals) {
    long nanos = timeout == 0 ? FOREVER : guest.time().readNanos(timeout, unit);
    if (wanted < 0 || (timeout != 0 && nanos < 0)) {
      return -Errno.EINVAL;
    }
    int count = Math.min(wanted, Descriptors.MOST);
    int size = (count + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
    int[] masks = {READABLE, WRITABLE, POLLPRI};
    List<ByteBuffer> found = new ArrayList<>();
    int ready = 0;
    for (int i = 0; i < sets.length; i++) {
      ByteBuffer set = GuestMemory.struct(size);
      found.add(set);
      if (sets[i] != 0) {
        ByteBuffer asked = guest.mem().readStruct(sets[i], size);
        for (int number = 0; number < count; number++) {
          int place = number / Byte.SIZE;
          int bit = 1 << number % Byte.SIZE;
          if ((asked.get(place) & bit) != 0
              && (guest.files().descriptors().get(number).ready() & masks[i]) != 0) {
            set.put(place, (byte) (set.get(place) | bit));
            ready++;
          }
        }
      }
    }
    long result = ready > 0 ? ready : waitFor(guest, nanos, signals, "select");
    if (result >= 0) {
      for (int i = 0; i < sets.length; i++) {
        if (sets[i] != 0) {
          guest.mem().write(sets[i], found.get(i));
        }
      }
    }
    return result;
  }
}

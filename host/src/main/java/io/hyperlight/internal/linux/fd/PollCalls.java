package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.signal.SignalDelivery;
import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.TaskWaits;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for descriptors: {@code poll(2)}, {@code select(2)} and their relatives. Nothing becomes
 * ready while the guest's one thread waits. So a descriptor is ready at once, or the timeout
 * passes, or the guest would wait for ever.
 */
public final class PollCalls {
  private static final int POLLPRI = 2;
  private static final int POLLNVAL = 0x20;
  private static final int POLLFD_SIZE = 8;
  private static final int SET_SIZE = 8;

  private static final int READABLE =
      OpenFile.POLLIN | OpenFile.POLLRDNORM | OpenFile.POLLHUP | OpenFile.POLLERR;
  private static final int WRITABLE = OpenFile.POLLOUT | OpenFile.POLLWRNORM | OpenFile.POLLERR;

  private static final long FOREVER = -1;
  private static final long NANOS = 1_000_000_000L;

  private final Descriptors descriptors;
  private final TaskSignals signals;
  private final SignalDelivery delivery;
  private final TaskWaits waits;
  private final GuestClock clock;
  private final GuestMemory memory;

  public PollCalls(
      Descriptors descriptors,
      TaskSignals signals,
      SignalDelivery delivery,
      TaskWaits waits,
      GuestClock clock,
      GuestMemory memory) {
    this.descriptors = descriptors;
    this.signals = signals;
    this.delivery = delivery;
    this.waits = waits;
    this.clock = clock;
    this.memory = memory;
  }

  /**
   * Holds how long a call may wait.
   *
   * @param nanos {@link #FOREVER} for no limit
   * @param address where the remaining time is written; 0 for nowhere
   * @param unit how many nanoseconds the second number there counts
   * @param begin when the wait began, if the remaining time is written
   */
  private record Timeout(long nanos, long address, int unit, long begin) {
    static Timeout of(int milliseconds) {
      return new Timeout(milliseconds < 0 ? FOREVER : milliseconds * 1_000_000L, 0, 1, 0);
    }

    /** Reads a timeout from a structure; null if the structure holds no valid time. */
    static @Nullable Timeout read(GuestMemory memory, GuestClock clock, long address, int unit) {
      if (address == 0) {
        return new Timeout(FOREVER, 0, unit, 0);
      }
      long nanos =
          unit == 1 ? Times.readNanos(memory, address) : Times.readMicroseconds(memory, address);
      return nanos < 0 ? null : new Timeout(nanos, address, unit, clock.now(false));
    }

    /** Writes the remaining time, as Linux does at every end of such a call. */
    void tell(GuestMemory memory, GuestClock clock, boolean passed) {
      if (address != 0 && nanos != 0) {
        long left = passed ? 0 : Math.max(0, nanos - (clock.now(false) - begin));
        try {
          memory.write(address, Times.pair(left / NANOS, left % NANOS / unit));
        } catch (GuestAddressException _) {
          // The structure may be read-only. That is no error.
        }
      }
    }
  }

  private void tell(Timeout timeout, boolean passed) {
    timeout.tell(memory, clock, passed);
  }

  public long poll(long table, int count, int milliseconds) {
    return poll(table, count, Timeout.of(milliseconds), null);
  }

  public long ppoll(long table, int count, long time, long mask, long maskSize) {
    Timeout timeout = Timeout.read(memory, clock, time, 1);
    if (timeout == null || (mask != 0 && maskSize != SET_SIZE)) {
      return -Errno.EINVAL;
    }
    Long blocked = mask == 0 ? null : (Long) memory.readLong(mask);
    try {
      return poll(table, count, timeout, blocked);
    } catch (GuestAddressException e) {
      tell(timeout, false);
      throw e;
    }
  }

  private long poll(long address, int wanted, Timeout timeout, @Nullable Long mask) {
    long count = Integer.toUnsignedLong(wanted);
    if (count > descriptors.limit()) {
      tell(timeout, false);
      return -Errno.EINVAL; // RLIMIT_NOFILE
    }
    ByteBuffer table = memory.readStruct(address, (int) count * POLLFD_SIZE);
    int ready = 0;
    for (int at = 0; at < table.capacity(); at += POLLFD_SIZE) {
      int found = ready(table.getInt(at), table.getShort(at + 4));
      table.putShort(at + 6, (short) found);
      ready += found != 0 ? 1 : 0;
    }
    memory.write(address, table);
    if (ready > 0) {
      tell(timeout, false);
      return ready;
    }
    return waitFor(timeout, mask, "poll");
  }

  private int ready(int descriptor, int wanted) {
    if (descriptor < 0) {
      return 0;
    }
    OpenFile file = descriptors.find(descriptor);
    if (file == null || file instanceof PathFile) {
      return POLLNVAL;
    }
    return file.ready() & (wanted | OpenFile.POLLERR | OpenFile.POLLHUP);
  }

  /** Waits until the timeout has passed. It may be for ever. */
  private long waitFor(Timeout timeout, @Nullable Long mask, String call) {
    if (mask != null && signals.isDeliverableUnder(mask)) {
      tell(timeout, false);
      delivery.deliverUnder(mask);
      return -Errno.EINTR;
    }
    if (timeout.nanos == FOREVER) {
      return waits.block("waits for descriptors that never become ready (" + call + ")");
    }
    boolean passed = waits.sleep(timeout.nanos);
    tell(timeout, passed);
    return passed ? 0 : -Errno.EINTR;
  }

  public long select(int count, long reads, long writes, long exceptions, long time) {
    Timeout timeout = Timeout.read(memory, clock, time, 1000);
    return timeout == null
        ? -Errno.EINVAL
        : select(count, new long[] {reads, writes, exceptions}, timeout, null);
  }

  public long pselect6(int count, long reads, long writes, long exceptions, long time, long mask) {
    long set = 0;
    long size = 0;
    if (mask != 0) {
      ByteBuffer pair = memory.readStruct(mask, 16);
      set = pair.getLong();
      size = pair.getLong();
    }
    Timeout timeout = Timeout.read(memory, clock, time, 1);
    if (timeout == null || (set != 0 && size != SET_SIZE)) {
      return -Errno.EINVAL;
    }
    Long blocked = set == 0 ? null : (Long) memory.readLong(set);
    return select(count, new long[] {reads, writes, exceptions}, timeout, blocked);
  }

  /**
   * Finds out which descriptors of three sets are ready.
   *
   * @param sets their addresses; 0 for none
   */
  private long select(int wanted, long[] sets, Timeout timeout, @Nullable Long mask) {
    try {
      if (wanted < 0) {
        throw new FileException(Errno.EINVAL);
      }
      // As many as Linux's table would have room for.
      int count = Math.min(wanted, descriptors.tableSize());
      int size = (count + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
      ByteBuffer[] found = new ByteBuffer[sets.length];
      int ready = look(count, size, sets, found);
      if (ready == 0) {
        long result = waitFor(timeout, mask, "select");
        if (result < 0) {
          return result; // the sets stay unchanged then
        }
      } else {
        tell(timeout, false);
      }
      for (int i = 0; i < sets.length; i++) {
        if (sets[i] != 0) {
          memory.write(sets[i], found[i]);
        }
      }
      return ready;
    } catch (FileException | GuestAddressException e) {
      tell(timeout, false);
      throw e;
    }
  }

  /** Fills in the ready descriptors of each set. Returns how many there are. */
  private int look(int count, int size, long[] sets, ByteBuffer[] found) {
    int[] masks = {READABLE, WRITABLE, POLLPRI};
    int ready = 0;
    for (int i = 0; i < sets.length; i++) {
      ByteBuffer set = GuestMemory.struct(size);
      found[i] = set;
      ByteBuffer asked = sets[i] == 0 ? set : memory.readStruct(sets[i], size);
      for (int number = 0; number < count; number++) {
        int place = number / Byte.SIZE;
        int bit = 1 << number % Byte.SIZE;
        if (sets[i] == 0 || (asked.get(place) & bit) == 0) {
          continue;
        }
        descriptors.any(number); // EBADF
        if ((ready(number, masks[i]) & (masks[i] | POLLNVAL)) != 0) {
          set.put(place, (byte) (set.get(place) | bit));
          ready++;
        }
      }
    }
    return ready;
  }
}

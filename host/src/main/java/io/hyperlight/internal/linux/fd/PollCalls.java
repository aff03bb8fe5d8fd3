package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Waits for descriptors: {@code poll(2)}, {@code select(2)} and {@code epoll_wait(2)}. A call looks
 * at all its descriptors. If none is ready, the task waits until one of them changes, and the call
 * looks again.
 */
public final class PollCalls {
  private static final int POLLNVAL = 0x20;
  private static final int POLLFD_SIZE = 8;

  /** Where the found events are in an entry. */
  private static final int FOUND = 6;

  private static final int SET_SIZE = 8;

  private static final int READABLE =
      PollEvents.POLLIN
          | PollEvents.POLLRDNORM
          | PollEvents.POLLRDBAND
          | PollEvents.POLLHUP
          | PollEvents.POLLERR;
  private static final int WRITABLE =
      PollEvents.POLLOUT | PollEvents.POLLWRNORM | PollEvents.POLLWRBAND | PollEvents.POLLERR;

  /** So many events fit into the largest array that Linux accepts. */
  private static final int MAX_EVENTS = Integer.MAX_VALUE / EventCalls.EVENT_SIZE;

  private final Descriptors descriptors;
  private final PollWait wait;
  private final Caller caller;
  private final GuestMemory memory;

  /** Creates the calls of a task. */
  public PollCalls(Descriptors descriptors, PollWait wait, Caller caller, GuestMemory memory) {
    this.descriptors = descriptors;
    this.wait = wait;
    this.caller = caller;
    this.memory = memory;
  }

  private void tell(PollTimeout timeout) {
    timeout.tell(memory, caller.waiting());
  }

  public long poll(long table, int count, int milliseconds) {
    return poll(table, count, PollTimeout.of(milliseconds), null);
  }

  public long ppoll(long table, int count, long time, long mask, long maskSize) {
    PollTimeout timeout = PollTimeout.read(memory, caller.waiting(), time, 1);
    if (timeout == null || (mask != 0 && maskSize != SET_SIZE)) {
      return -Errno.EINVAL;
    }
    Long blocked = mask == 0 ? null : (Long) memory.readLong(mask);
    try {
      return poll(table, count, timeout, blocked);
    } catch (GuestAddressException e) {
      tell(timeout);
      throw e;
    }
  }

  private long poll(long address, int wanted, PollTimeout timeout, @Nullable Long mask) {
    long count = Integer.toUnsignedLong(wanted);
    if (count > descriptors.limit()) {
      tell(timeout);
      return -Errno.EINVAL; // RLIMIT_NOFILE
    }
    ByteBuffer before = caller.waiting().copy();
    ByteBuffer table =
        before == null ? memory.readStruct(address, (int) count * POLLFD_SIZE) : before;
    int ready = 0;
    for (int at = 0; at < table.capacity(); at += POLLFD_SIZE) {
      int found = ready(table.getInt(at), table.getShort(at + 4));
      table.putShort(at + FOUND, (short) found);
      ready += found != 0 ? 1 : 0;
    }
    if (ready == 0) {
      caller.waiting().keepCopy(table);
      List<WaitSource> sources = new ArrayList<>();
      for (int at = 0; at < table.capacity(); at += POLLFD_SIZE) {
        addSources(sources, table.getInt(at), table.getShort(at + 4));
      }
      // The table tells that nothing is ready, even if a signal interrupts the call.
      Runnable end = () -> tellFound(address, table);
      return wait.await(timeout, mask, "waits for descriptors (poll)", sources, end);
    }
    tellFound(address, table);
    tell(timeout);
    return ready;
  }

  /** Writes what was found, and nothing else: other threads may change the rest of the table. */
  private void tellFound(long address, ByteBuffer table) {
    for (int at = FOUND; at < table.capacity(); at += POLLFD_SIZE) {
      caller.checkpoint().pass();
      ByteBuffer found = GuestMemory.struct(Short.BYTES).putShort(table.getShort(at));
      memory.write(address + at, found);
    }
  }

  private int ready(int descriptor, int wanted) {
    if (descriptor < 0) {
      return 0;
    }
    caller.checkpoint().pass();
    OpenFile file = descriptors.find(descriptor);
    if (file == null || file instanceof PathFile) {
      return POLLNVAL;
    }
    return file.ready(caller) & (wanted | PollEvents.POLLERR | PollEvents.POLLHUP);
  }

  private void addSources(List<WaitSource> sources, int descriptor, int wanted) {
    OpenFile file = descriptors.find(descriptor);
    if (file != null) {
      file.addSources(sources, wanted);
    }
  }

  public long select(int count, long reads, long writes, long exceptions, long time) {
    PollTimeout timeout = PollTimeout.read(memory, caller.waiting(), time, 1000);
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
    PollTimeout timeout = PollTimeout.read(memory, caller.waiting(), time, 1);
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
  private long select(int wanted, long[] sets, PollTimeout timeout, @Nullable Long mask) {
    try {
      if (wanted < 0) {
        throw new FileException(Errno.EINVAL);
      }
      // As many as Linux's table would have room for.
      int count = Math.min(wanted, descriptors.tableSize());
      ByteBuffer asked = asked(count, sets);
      ByteBuffer[] found = new ByteBuffer[sets.length];
      List<WaitSource> sources = new ArrayList<>();
      int ready = look(count, asked, found, sources);
      if (ready == 0) {
        caller.waiting().keepCopy(asked);
        long result =
            wait.await(timeout, mask, "waits for descriptors (select)", sources, () -> {});
        if (result < 0) {
          return result; // the sets stay unchanged then
        }
      } else {
        tell(timeout);
      }
      for (int i = 0; i < sets.length; i++) {
        if (sets[i] != 0) {
          memory.write(sets[i], found[i]);
        }
      }
      return ready;
    } catch (FileException | GuestAddressException e) {
      tell(timeout);
      throw e;
    }
  }

  /** Returns the sets, one behind the other, as the first run of the call has read them. */
  private ByteBuffer asked(int count, long[] sets) {
    ByteBuffer before = caller.waiting().copy();
    if (before != null) {
      return before;
    }
    int size = (count + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
    ByteBuffer asked = GuestMemory.struct(size * sets.length);
    for (int i = 0; i < sets.length; i++) {
      if (sets[i] != 0) {
        asked.put(i * size, memory.read(sets[i], size));
      }
    }
    return asked;
  }

  /**
   * Fills in the ready descriptors of each set. Returns how many there are.
   *
   * @param asked all sets
   */
  private int look(int most, ByteBuffer asked, ByteBuffer[] found, List<WaitSource> sources) {
    int[] masks = {READABLE, WRITABLE, PollEvents.POLLPRI};
    int size = asked.capacity() / found.length;
    int count = Math.min(most, size * Byte.SIZE);
    int ready = 0;
    for (int i = 0; i < found.length; i++) {
      ByteBuffer set = GuestMemory.struct(size);
      found[i] = set;
      for (int number = 0; number < count; number++) {
        int place = number / Byte.SIZE;
        int bit = 1 << number % Byte.SIZE;
        if ((asked.get(i * size + place) & bit) == 0) {
          continue;
        }
        descriptors.any(number); // EBADF
        if ((ready(number, masks[i]) & (masks[i] | POLLNVAL)) != 0) {
          set.put(place, (byte) (set.get(place) | bit));
          ready++;
        } else if (ready == 0) {
          addSources(sources, number, masks[i]);
        }
      }
    }
    return ready;
  }

  public long epollWait(int descriptor, long events, int most, int milliseconds) {
    return epollWait(descriptor, events, most, PollTimeout.of(milliseconds), null);
  }

  public long epollPwait(
      int descriptor, long events, int most, int milliseconds, long mask, long maskSize) {
    return epollPwait(descriptor, events, most, PollTimeout.of(milliseconds), mask, maskSize);
  }

  public long epollPwait2(
      int descriptor, long events, int most, long time, long mask, long maskSize) {
    PollTimeout timeout = PollTimeout.readOnly(memory, caller.waiting(), time);
    return timeout == null
        ? -Errno.EINVAL
        : epollPwait(descriptor, events, most, timeout, mask, maskSize);
  }

  private long epollPwait(
      int descriptor, long events, int most, PollTimeout timeout, long mask, long maskSize) {
    if (mask != 0 && maskSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    Long blocked = mask == 0 ? null : (Long) memory.readLong(mask);
    return epollWait(descriptor, events, most, timeout, blocked);
  }

  private long epollWait(
      int descriptor, long events, int most, PollTimeout timeout, @Nullable Long mask) {
    OpenFile file = descriptors.get(descriptor);
    if (most <= 0 || most > MAX_EVENTS) {
      return -Errno.EINVAL;
    }
    long size = (long) most * EventCalls.EVENT_SIZE;
    if (events < 0 || events > AddressSpace.USER_END - size) {
      return -Errno.EFAULT; // even if less is written
    }
    if (!(file instanceof EventPoll poll)) {
      return -Errno.EINVAL;
    }
    int found = poll.take(caller, most, (index, ready, data) -> put(events, index, ready, data));
    if (found > 0) {
      return found;
    }
    if (timeout.isOver(caller.waiting())) {
      return 0;
    }
    List<WaitSource> sources = new ArrayList<>(2);
    poll.addSources(sources, PollEvents.POLLIN);
    return wait.await(timeout, mask, "waits for events (epoll_wait)", sources, () -> {});
  }

  private void put(long events, int index, int ready, long data) {
    memory.write(
        events + (long) index * EventCalls.EVENT_SIZE,
        GuestMemory.struct(EventCalls.EVENT_SIZE).putInt(ready).putLong(data));
  }
}

package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;

/**
 * Makes descriptors for events and changes what they watch: {@code eventfd(2)}, {@code epoll(7)}.
 */
public final class EventCalls {
  private static final int EFD_SEMAPHORE = 1;

  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_CTL_DEL = 2;
  private static final int EPOLL_CTL_MOD = 3;

  /** SIGKILL and SIGSTOP, which nobody can read. */
  private static final long UNREADABLE = 1L << 8 | 1L << 18;

  /** The size of {@code struct epoll_event}, which is packed on x86-64. */
  static final int EVENT_SIZE = 12;

  private static final int EXCLUSIVE_ALLOWED =
      EventPoll.EXCLUSIVE
          | EventPoll.EDGES
          | EventPoll.WAKE_UP
          | PollEvents.POLLIN
          | PollEvents.POLLOUT
          | PollEvents.POLLERR
          | PollEvents.POLLHUP;

  private final ProcessFiles files;
  private final Descriptors descriptors;
  private final Caller caller;
  private final HeapBudget heap;
  private final GuestMemory memory;
  private final PollGraph graph;

  public EventCalls(ProcessFiles files, Caller caller, HeapBudget heap, GuestMemory memory) {
    this.files = files;
    descriptors = files.descriptors();
    this.caller = caller;
    this.heap = heap;
    this.memory = memory;
    graph = new PollGraph(caller.checkpoint());
  }

  private Changes changes() {
    return files.world().changes();
  }

  private long add(OpenFile file, int flags) {
    return descriptors.add(file, 0, (flags & OpenFlags.O_CLOEXEC) != 0);
  }

  public long eventfd(int count) {
    return eventfd2(count, 0);
  }

  public long eventfd2(int count, int flags) {
    if ((flags & ~(EFD_SEMAPHORE | OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) != 0) {
      return -Errno.EINVAL;
    }
    descriptors.requireRoom(1);
    heap.require(HeapBudget.FILE);
    int status = OpenFlags.O_RDWR | (flags & OpenFlags.O_NONBLOCK);
    boolean semaphore = (flags & EFD_SEMAPHORE) != 0;
    long first = Integer.toUnsignedLong(count);
    int number = files.world().newEventNumber();
    return add(new EventFile(changes(), status, first, semaphore, number), flags);
  }

  public long signalfd(int descriptor, long mask, long size) {
    return signalfd4(descriptor, mask, size, 0);
  }

  public long signalfd4(int descriptor, long mask, long size, int flags) {
    if (size != Long.BYTES) {
      return -Errno.EINVAL;
    }
    long signals = memory.readLong(mask) & ~UNREADABLE;
    if ((flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) != 0) {
      return -Errno.EINVAL;
    }
    if (descriptor != -1) {
      if (!(descriptors.get(descriptor) instanceof SignalFile file)) {
        return -Errno.EINVAL;
      }
      file.setSignals(signals);
      return descriptor;
    }
    descriptors.requireRoom(1);
    heap.require(HeapBudget.FILE);
    int status = OpenFlags.O_RDWR | (flags & OpenFlags.O_NONBLOCK);
    return add(new SignalFile(changes(), status, signals, caller.signals().arrivals()), flags);
  }

  public long epollCreate(int size) {
    return size <= 0 ? -Errno.EINVAL : epollCreate1(0);
  }

  public long epollCreate1(int flags) {
    if ((flags & ~OpenFlags.O_CLOEXEC) != 0) {
      return -Errno.EINVAL;
    }
    descriptors.requireRoom(1);
    heap.require(HeapBudget.FILE);
    return add(new EventPoll(changes(), OpenFlags.O_RDWR), flags);
  }

  public long epollCtl(int descriptor, int operation, int target, long address) {
    int events = 0;
    long data = 0;
    if (operation != EPOLL_CTL_DEL) {
      ByteBuffer event = memory.readStruct(address, EVENT_SIZE);
      events = event.getInt();
      data = event.getLong();
    }
    OpenFile poll = descriptors.get(descriptor);
    OpenFile file = descriptors.get(target);
    if (!file.canBeWatched()) {
      return -Errno.EPERM;
    }
    events &= ~EventPoll.WAKE_UP; // needs a privilege, without which Linux ignores it
    if (!(poll instanceof EventPoll own) || poll.equals(file)) {
      return -Errno.EINVAL;
    }
    if (operation != EPOLL_CTL_DEL && (events & EventPoll.EXCLUSIVE) != 0) {
      boolean allowed = (events & ~EXCLUSIVE_ALLOWED) == 0 && !(file instanceof EventPoll);
      if (operation == EPOLL_CTL_MOD || (operation == EPOLL_CTL_ADD && !allowed)) {
        return -Errno.EINVAL;
      }
    }
    return switch (operation) {
      case EPOLL_CTL_ADD -> add(own, file, target, events, data);
      case EPOLL_CTL_MOD -> {
        if (own.isExclusive(file, target)) {
          yield -Errno.EINVAL;
        }
        yield own.modify(caller, file, target, events, data) ? 0 : -Errno.ENOENT;
      }
      case EPOLL_CTL_DEL -> own.remove(file, target) ? 0 : -Errno.ENOENT;
      default -> -Errno.EINVAL;
    };
  }

  private long add(EventPoll own, OpenFile file, int target, int events, long data) {
    if (file instanceof EventPoll child && !graph.canWatch(own, child)) {
      return -Errno.ELOOP;
    }
    if (own.has(file, target)) {
      return -Errno.EEXIST;
    }
    Readiness readiness = file.readiness();
    if (readiness != null && readiness.isCrowded()) {
      return -Errno.ENOSPC; // as with more than max_user_watches
    }
    heap.require(EventPoll.ENTRY_BYTES);
    own.add(caller, file, target, events, data);
    boolean nested = file instanceof EventPoll || !own.watchers().isEmpty();
    if (nested && !graph.hasFewPaths(file)) {
      own.remove(file, target);
      throw new FileException(Errno.EINVAL);
    }
    return 0;
  }
}

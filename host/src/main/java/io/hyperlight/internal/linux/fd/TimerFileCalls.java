package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.time.ClockNumber;
import io.hyperlight.internal.linux.time.TimerSpec;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** Timers with descriptors: {@code timerfd_create(2)} and its relatives. */
public final class TimerFileCalls {
  private static final int ABSOLUTE = 1;

  /** {@code TFD_TIMER_CANCEL_ON_SET}: nobody sets real time here. */
  private static final int CANCELLED_ON_SET = 2;

  private final ProcessFiles files;
  private final Descriptors descriptors;
  private final HeapBudget heap;
  private final TimerQueue timers;
  private final GuestMemory memory;

  public TimerFileCalls(
      ProcessFiles files, HeapBudget heap, TimerQueue timers, GuestMemory memory) {
    this.files = files;
    descriptors = files.descriptors();
    this.heap = heap;
    this.timers = timers;
    this.memory = memory;
  }

  public long timerfdCreate(int clock, int flags) {
    boolean wakes = ClockNumber.wakes(clock);
    boolean known =
        wakes
            || clock == ClockNumber.REALTIME
            || clock == ClockNumber.MONOTONIC
            || clock == ClockNumber.BOOTTIME;
    if ((flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) != 0 || !known) {
      return -Errno.EINVAL;
    }
    if (wakes) {
      return -Errno.EPERM;
    }
    descriptors.requireRoom(1);
    heap.require(HeapBudget.FILE);
    int status = OpenFlags.O_RDWR | (flags & OpenFlags.O_NONBLOCK);
    OpenFile file = new TimerFile(files.world().changes(), status, timers, clock);
    return descriptors.add(file, 0, (flags & OpenFlags.O_CLOEXEC) != 0);
  }

  private TimerFile timer(int descriptor) {
    if (descriptors.get(descriptor) instanceof TimerFile timer) {
      return timer;
    }
    throw new FileException(Errno.EINVAL);
  }

  public long timerfdSettime(int descriptor, int flags, long source, long target) {
    TimerSpec wanted = TimerSpec.read(memory, source, 1);
    if ((flags & ~(ABSOLUTE | CANCELLED_ON_SET)) != 0 || wanted == null) {
      return -Errno.EINVAL;
    }
    TimerFile timer = timer(descriptor);
    TimerSpec before = timer.current();
    timer.set((flags & ABSOLUTE) != 0 ? wanted.at() : wanted.from(timer.now()), flags);
    if (target != 0) {
      memory.write(target, before.struct(1));
    }
    return 0;
  }

  public long timerfdGettime(int descriptor, long target) {
    memory.write(target, timer(descriptor).current().struct(1));
    return 0;
  }
}

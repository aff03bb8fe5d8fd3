package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;

/** Descriptors as such: {@code close(2)}, {@code dup(2)}, {@code fcntl(2)}, {@code pipe(2)}. */
final class DescriptorCalls {
  private static final int F_DUPFD = 0;
  private static final int F_GETFD = 1;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int F_GETLK = 5;
  private static final int F_SETLK = 6;
  private static final int F_SETLKW = 7;
  private static final int F_SETOWN = 8;
  private static final int F_GETOWN = 9;
  private static final int F_SETSIG = 10;
  private static final int F_GETSIG = 11;
  private static final int F_SETOWN_EX = 15;
  private static final int F_GETOWN_EX = 16;
  private static final int F_OFD_GETLK = 36;
  private static final int F_OFD_SETLK = 37;
  private static final int F_OFD_SETLKW = 38;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int F_SETPIPE_SZ = 1031;
  private static final int F_GETPIPE_SZ = 1032;
  private static final int FD_CLOEXEC = 1;

  private static final int FLOCK_SIZE = 32;
  private static final short F_RDLCK = 0;
  private static final short F_WRLCK = 1;
  private static final short F_UNLCK = 2;

  private static final int LOCK_NB = 4;

  private static final long CLOSE_RANGE_UNSHARE = 2;
  private static final long CLOSE_RANGE_CLOEXEC = 4;

  private static final int FIONREAD = 0x541b;
  private static final int FIONBIO = 0x5421;
  private static final int FIONCLEX = 0x5450;
  private static final int FIOCLEX = 0x5451;

  private DescriptorCalls() {}

  static void register(SystemCallTable table) {
    table.on(3, (guest, a, b, c, d, e, f) -> close(guest, a));
    table.on(16, (guest, a, b, c, d, e, f) -> ioctl(guest, a, (int) b, c));
    table.on(22, (guest, a, b, c, d, e, f) -> pipe(guest, a, 0));
    table.on(32, (guest, a, b, c, d, e, f) -> duplicate(guest, a, 0, false));
    table.on(33, (guest, a, b, c, d, e, f) -> dup2(guest, a, b));
    table.on(72, (guest, a, b, c, d, e, f) -> fcntl(guest, a, (int) b, c));
    table.on(73, (guest, a, b, c, d, e, f) -> flock(guest, a, (int) b));
    table.on(292, (guest, a, b, c, d, e, f) -> dup3(guest, a, b, (int) c));
    table.on(293, (guest, a, b, c, d, e, f) -> pipe(guest, a, (int) b));
    table.on(436, (guest, a, b, c, d, e, f) -> closeRange(guest, a, b, c));
    // Other kinds of descriptors. What programs use for their main loop, they hardly do without.
    for (int number : new int[] {213, 291, 284, 290, 282, 289, 283}) {
      table.refuse(number, Errno.ENOSYS, Need.EVENTS);
    }
    for (int number : new int[] {253, 294, 319}) { // inotify_init, inotify_init1, memfd_create
      table.refuse(number, Errno.ENOSYS);
    }
  }

  private static Descriptors descriptors(SystemCalls guest) {
    return guest.files().descriptors();
  }

  private static long close(SystemCalls guest, long descriptor) {
    descriptors(guest).close(descriptor);
    return 0;
  }

  private static long closeRange(SystemCalls guest, long first, long last, long flags) {
    long from = Integer.toUnsignedLong((int) first);
    long to = Integer.toUnsignedLong((int) last);
    if (from > to || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    for (long number = from; number <= to && number < Descriptors.MOST; number++) {
      if (descriptors(guest).find(number) != null) {
        if ((flags & CLOSE_RANGE_CLOEXEC) != 0) {
          descriptors(guest).setCloseOnExec(number, true);
        } else {
          descriptors(guest).close(number);
        }
      }
    }
    return 0;
  }

  private static long duplicate(SystemCalls guest, long descriptor, long from, boolean cloexec) {
    OpenFile file = descriptors(guest).any(descriptor);
    int first = (int) from;
    if (first < 0 || (first > 0 && first >= descriptors(guest).limit())) {
      return -Errno.EINVAL;
    }
    return descriptors(guest).add(file, first, cloexec);
  }

  private static long dup2(SystemCalls guest, long descriptor, long target) {
    if ((int) descriptor == (int) target) {
      descriptors(guest).any(descriptor);
      return (int) target;
    }
    return duplicateTo(guest, descriptor, (int) target, false);
  }

  private static long dup3(SystemCalls guest, long descriptor, long target, int flags) {
    if ((flags & ~OpenFlags.O_CLOEXEC) != 0 || (int) descriptor == (int) target) {
      return -Errno.EINVAL;
    }
    return duplicateTo(guest, descriptor, (int) target, flags != 0);
  }

  private static long duplicateTo(SystemCalls guest, long descriptor, int target, boolean cloexec) {
    if (target < 0 || target >= descriptors(guest).limit()) {
      return -Errno.EBADF;
    }
    descriptors(guest).put(target, descriptors(guest).any(descriptor), cloexec);
    return target;
  }

  private static long pipe(SystemCalls guest, long target, int flags) {
    if ((flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) != 0) {
      return -Errno.EINVAL; // packets and notifications there are not
    }
    descriptors(guest).requireRoom(2);
    if (guest.mem().accessible(target, 2 * Integer.BYTES, true) < 2 * Integer.BYTES) {
      return -Errno.EFAULT;
    }
    guest.heap().require(2 * HeapBudget.FILE + Pipe.CAPACITY);
    Changes changes = guest.files().changes();
    int status = flags & OpenFlags.O_NONBLOCK;
    boolean cloexec = (flags & OpenFlags.O_CLOEXEC) != 0;
    Pipe pipe = guest.files().newPipe();
    int reads =
        descriptors(guest).add(new PipeEnd(changes, OpenFlags.O_RDONLY | status, pipe), 0, cloexec);
    int writes =
        descriptors(guest).add(new PipeEnd(changes, OpenFlags.O_WRONLY | status, pipe), 0, cloexec);
    guest.mem().write(target, GuestMemory.struct(2 * Integer.BYTES).putInt(reads).putInt(writes));
    return 0;
  }

  private static long fcntl(SystemCalls guest, long descriptor, int command, long argument) {
    OpenFile file = descriptors(guest).any(descriptor);
    return switch (command) {
      case F_DUPFD -> duplicate(guest, descriptor, argument, false);
      case F_DUPFD_CLOEXEC -> duplicate(guest, descriptor, argument, true);
      case F_GETFD -> descriptors(guest).isCloseOnExec(descriptor) ? FD_CLOEXEC : 0;
      case F_SETFD -> {
        descriptors(guest).setCloseOnExec(descriptor, (argument & FD_CLOEXEC) != 0);
        yield 0;
      }
      case F_GETFL -> file.flags();
      default -> fcntlOfOpen(guest, descriptors(guest).get(descriptor), command, argument);
    };
  }

  private static long fcntlOfOpen(SystemCalls guest, OpenFile file, int command, long argument) {
    return switch (command) {
      case F_SETFL -> {
        file.setStatusFlags((int) argument);
        yield 0;
      }
      case F_GETLK, F_OFD_GETLK -> getLock(guest, argument);
      case F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW -> setLock(guest, file, argument);
      // Signals for input and output, which nobody sends.
      case F_SETOWN, F_GETOWN, F_SETOWN_EX, F_SETSIG, F_GETSIG -> 0;
      case F_GETOWN_EX -> {
        guest.mem().write(argument, GuestMemory.struct(2 * Integer.BYTES));
        yield 0;
      }
      case F_GETPIPE_SZ -> file instanceof PipeEnd end ? end.pipe().capacity() : -Errno.EBADF;
      case F_SETPIPE_SZ ->
          file instanceof PipeEnd end ? end.setCapacity((int) argument) : -Errno.EBADF;
      default -> -Errno.EINVAL;
    };
  }

  /** Nobody else has a lock. */
  private static long getLock(SystemCalls guest, long address) {
    ByteBuffer lock = guest.mem().readStruct(address, FLOCK_SIZE);
    short type = lock.getShort(0);
    if ((type != F_RDLCK && type != F_WRLCK) || !isLock(lock)) {
      return -Errno.EINVAL;
    }
    guest.mem().write(address, lock.putShort(0, F_UNLCK));
    return 0;
  }

  private static boolean isLock(ByteBuffer lock) {
    short whence = lock.getShort(2);
    return whence >= 0 && whence <= 2;
  }

  private static long setLock(SystemCalls guest, OpenFile file, long address) {
    ByteBuffer lock = guest.mem().readStruct(address, FLOCK_SIZE);
    if (!isLock(lock)) {
      return -Errno.EINVAL;
    }
    return switch (lock.getShort(0)) {
      case F_RDLCK -> file.isReadable() ? 0 : -Errno.EBADF;
      case F_WRLCK -> file.isWritable() ? 0 : -Errno.EBADF;
      case F_UNLCK -> 0;
      default -> -Errno.EINVAL;
    };
  }

  private static long flock(SystemCalls guest, long descriptor, int operation) {
    int kind = operation & ~LOCK_NB;
    if (kind != 1 && kind != 2 && kind != 8) {
      return -Errno.EINVAL;
    }
    descriptors(guest).get(descriptor);
    return 0; // nobody else locks anything
  }

  private static long ioctl(SystemCalls guest, long descriptor, int request, long argument) {
    OpenFile file = descriptors(guest).get(descriptor);
    switch (request) {
      case FIOCLEX, FIONCLEX -> descriptors(guest).setCloseOnExec(descriptor, request == FIOCLEX);
      case FIONBIO -> {
        int wanted = guest.mem().readInt(argument) != 0 ? OpenFlags.O_NONBLOCK : 0;
        file.setStatusFlags((file.flags() & ~OpenFlags.O_NONBLOCK) | wanted);
      }
      case FIONREAD -> guest.mem().writeInt(argument, file.available());
      default -> throw new FileException(Errno.ENOTTY);
    }
    return 0;
  }
}

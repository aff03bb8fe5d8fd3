package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Seals;
import io.hyperlight.internal.vfs.SharedContent;
import java.nio.ByteBuffer;

/**
 * System calls on descriptors as such: {@code close(2)}, {@code dup(2)}, {@code fcntl(2)}, {@code
 * pipe(2)}.
 */
public final class DescriptorCalls {
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
  private static final int F_ADD_SEALS = 1033;
  private static final int F_GET_SEALS = 1034;
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
  private static final int SIOCOUTQ = 0x5411;
  private static final int FIOASYNC = 0x5452;
  private static final int FIONCLEX = 0x5450;
  private static final int FIOCLEX = 0x5451;

  private final ProcessFiles files;
  private final Descriptors descriptors;
  private final GuestMemory memory;
  private final HeapBudget heap;

  public DescriptorCalls(ProcessFiles files, GuestMemory memory, HeapBudget heap) {
    this.files = files;
    descriptors = files.descriptors();
    this.memory = memory;
    this.heap = heap;
  }

  public long close(int descriptor) {
    descriptors.close(descriptor);
    files.world().collectSockets();
    return 0;
  }

  public long closeRange(int first, int last, int flags) {
    long from = Integer.toUnsignedLong(first);
    long to = Integer.toUnsignedLong(last);
    if (from > to || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    for (long number = from; number <= to && number < Descriptors.MAX; number++) {
      if (descriptors.find((int) number) != null) {
        if ((flags & CLOSE_RANGE_CLOEXEC) != 0) {
          descriptors.setCloseOnExec((int) number, true);
        } else {
          descriptors.close((int) number);
        }
      }
    }
    files.world().collectSockets();
    return 0;
  }

  public long dup(int descriptor) {
    return duplicate(descriptor, 0, false);
  }

  private long duplicate(int descriptor, int first, boolean cloexec) {
    OpenFile file = descriptors.any(descriptor);
    if (first < 0 || (first > 0 && first >= descriptors.limit())) {
      return -Errno.EINVAL;
    }
    return descriptors.add(file, first, cloexec);
  }

  public long dup2(int descriptor, int target) {
    if (descriptor == target) {
      descriptors.any(descriptor);
      return target;
    }
    return duplicateTo(descriptor, target, false);
  }

  public long dup3(int descriptor, int target, int flags) {
    if ((flags & ~OpenFlags.O_CLOEXEC) != 0 || descriptor == target) {
      return -Errno.EINVAL;
    }
    return duplicateTo(descriptor, target, flags != 0);
  }

  private long duplicateTo(int descriptor, int target, boolean cloexec) {
    if (target < 0 || target >= descriptors.limit()) {
      return -Errno.EBADF;
    }
    descriptors.put(target, descriptors.any(descriptor), cloexec);
    files.world().collectSockets();
    return target;
  }

  public long pipe(long target) {
    return pipe2(target, 0);
  }

  public long pipe2(long target, int flags) {
    if ((flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK | OpenFlags.O_DIRECT)) != 0) {
      return -Errno.EINVAL; // there are no notifications
    }
    descriptors.requireRoom(2);
    if (memory.accessible(target, 2 * Integer.BYTES, true) < 2 * Integer.BYTES) {
      return -Errno.EFAULT;
    }
    heap.require(2 * HeapBudget.FILE + Pipe.CAPACITY);
    Changes changes = files.world().changes();
    int status = flags & (OpenFlags.O_NONBLOCK | OpenFlags.O_DIRECT);
    boolean cloexec = (flags & OpenFlags.O_CLOEXEC) != 0;
    Pipe pipe = files.world().newPipe();
    int reads =
        descriptors.add(new PipeEnd(changes, OpenFlags.O_RDONLY | status, pipe), 0, cloexec);
    int writes =
        descriptors.add(new PipeEnd(changes, OpenFlags.O_WRONLY | status, pipe), 0, cloexec);
    memory.write(target, GuestMemory.struct(2 * Integer.BYTES).putInt(reads).putInt(writes));
    return 0;
  }

  public long fcntl(int descriptor, int command, long argument) {
    OpenFile file = descriptors.any(descriptor);
    return switch (command) {
      case F_DUPFD -> duplicate(descriptor, (int) argument, false);
      case F_DUPFD_CLOEXEC -> duplicate(descriptor, (int) argument, true);
      case F_GETFD -> descriptors.isCloseOnExec(descriptor) ? FD_CLOEXEC : 0;
      case F_SETFD -> {
        descriptors.setCloseOnExec(descriptor, (argument & FD_CLOEXEC) != 0);
        yield 0;
      }
      case F_GETFL -> file.flags();
      default -> fcntlOfOpen(descriptors.get(descriptor), command, argument);
    };
  }

  private long fcntlOfOpen(OpenFile file, int command, long argument) {
    return switch (command) {
      case F_SETFL -> {
        file.setStatusFlags((int) argument);
        yield 0;
      }
      case F_GETLK, F_OFD_GETLK -> getLock(argument);
      case F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW -> setLock(file, argument);
      // Signals for input and output, which never come.
      case F_SETOWN, F_GETOWN, F_SETOWN_EX, F_SETSIG, F_GETSIG -> 0;
      case F_GETOWN_EX -> {
        memory.write(argument, GuestMemory.struct(2 * Integer.BYTES));
        yield 0;
      }
      case F_GETPIPE_SZ -> file instanceof PipeEnd end ? end.pipe().capacity() : -Errno.EBADF;
      case F_SETPIPE_SZ ->
          file instanceof PipeEnd end ? end.setCapacity((int) argument) : -Errno.EBADF;
      case F_GET_SEALS ->
          file instanceof ContentFile content && content.content() instanceof SharedContent shared
              ? shared.seals()
              : -Errno.EINVAL;
      case F_ADD_SEALS -> addSeals(file, argument);
      default -> -Errno.EINVAL;
    };
  }

  private static long addSeals(OpenFile file, long seals) {
    if (!file.isWritable()) {
      return -Errno.EPERM;
    }
    if ((seals & ~Seals.ALL) != 0
        || !(file instanceof ContentFile content
            && content.content() instanceof SharedContent shared)) {
      return -Errno.EINVAL;
    }
    file.changes();
    shared.addSeals((int) seals);
    return 0;
  }

  /** No other process holds a lock. */
  private long getLock(long address) {
    ByteBuffer lock = memory.readStruct(address, FLOCK_SIZE);
    short type = lock.getShort(0);
    if ((type != F_RDLCK && type != F_WRLCK) || !isLock(lock)) {
      return -Errno.EINVAL;
    }
    memory.write(address, lock.putShort(0, F_UNLCK));
    return 0;
  }

  private static boolean isLock(ByteBuffer lock) {
    short whence = lock.getShort(2);
    return whence >= 0 && whence <= 2;
  }

  private long setLock(OpenFile file, long address) {
    ByteBuffer lock = memory.readStruct(address, FLOCK_SIZE);
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

  public long flock(int descriptor, int operation) {
    int kind = operation & ~LOCK_NB;
    if (kind != 1 && kind != 2 && kind != 8) {
      return -Errno.EINVAL;
    }
    descriptors.get(descriptor);
    return 0; // no other process locks anything
  }

  public long ioctl(int descriptor, int request, long argument) {
    OpenFile file = descriptors.get(descriptor);
    switch (request) {
      case FIOCLEX, FIONCLEX -> descriptors.setCloseOnExec(descriptor, request == FIOCLEX);
      case FIONBIO -> {
        int wanted = memory.readInt(argument) != 0 ? OpenFlags.O_NONBLOCK : 0;
        file.setStatusFlags((file.flags() & ~OpenFlags.O_NONBLOCK) | wanted);
      }
      case FIONREAD -> memory.writeInt(argument, file.available());
      case SIOCOUTQ -> {
        if (!(file instanceof SocketFile socket)) {
          throw new FileException(Errno.ENOTTY);
        }
        memory.writeInt(argument, socket.sentBytes());
      }
      case FIOASYNC -> memory.readInt(argument); // signals that never come
      default -> throw new FileException(Errno.ENOTTY);
    }
    return 0;
  }
}

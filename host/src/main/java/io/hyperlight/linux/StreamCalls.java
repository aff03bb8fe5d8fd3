package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import io.hyperlight.vm.GuestAddressException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The descriptors 0, 1 and 2, which is all there are: an empty standard input, standard output and
 * standard error. They look like pipes. {@code read(2)}, {@code write(2)} and what else programs do
 * to such descriptors.
 */
final class StreamCalls {
  /** How many descriptors a program can have; {@code RLIMIT_NOFILE}. */
  static final int DESCRIPTORS = 3;

  /** The most bytes one write takes; a longer one is a short write, as a pipe's would be. */
  private static final long LONGEST_WRITE = 1 << 20;

  private static final int MOST_PARTS = 1024;
  private static final int PART_SIZE = 16;

  /** How much of standard error is kept for the message of an exception. */
  private static final int KEPT_BYTES = 4096;

  private static final int CLOSED = -1;
  private static final int STANDARD_INPUT = 0;
  private static final int STANDARD_ERROR = 2;

  private static final long F_DUPFD = 0;
  private static final long F_GETFD = 1;
  private static final long F_SETFD = 2;
  private static final long F_GETFL = 3;
  private static final long F_SETFL = 4;
  private static final long F_DUPFD_CLOEXEC = 1030;

  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;
  private static final short POLLHUP = 0x10;
  private static final short POLLNVAL = 0x20;
  private static final int POLLFD_SIZE = 8;

  /** A pipe that its owner may read and write, in {@code st_mode}. */
  private static final int MODE = 0x1000 | 0600;

  private static final int STAT_SIZE = 144;

  private static final byte[] NOTHING = {};

  private final SystemCalls guest;
  private final SystemCalls.Input input;
  private final SystemCalls.Output output;

  /** Which stream each descriptor is. */
  private final int[] streams = {STANDARD_INPUT, 1, STANDARD_ERROR};

  private byte[] lastErrors = NOTHING;

  StreamCalls(SystemCalls guest, SystemCalls.Input input, SystemCalls.Output output) {
    this.guest = guest;
    this.input = input;
    this.output = output;
  }

  static void register(SystemCallTable table) {
    table.on(0, (guest, a, b, c, d, e, f) -> guest.streams().read(a, b, c));
    table.on(1, (guest, a, b, c, d, e, f) -> guest.streams().write(a, b, c));
    table.on(3, (guest, a, b, c, d, e, f) -> guest.streams().close(a));
    table.on(5, (guest, a, b, c, d, e, f) -> guest.streams().fstat(a, b));
    table.on(7, (guest, a, b, c, d, e, f) -> guest.streams().poll(a, b, (int) c));
    table.on(8, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ESPIPE));
    table.on(16, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ENOTTY));
    table.on(17, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ESPIPE));
    table.on(18, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ESPIPE));
    table.on(19, (guest, a, b, c, d, e, f) -> guest.streams().readv(a, c));
    table.on(20, (guest, a, b, c, d, e, f) -> guest.streams().writev(a, b, c));
    table.on(32, (guest, a, b, c, d, e, f) -> guest.streams().duplicate(a, 0));
    table.on(33, (guest, a, b, c, d, e, f) -> guest.streams().duplicateTo(a, b, true));
    table.on(72, (guest, a, b, c, d, e, f) -> guest.streams().fcntl(a, b, c));
    table.on(74, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.EINVAL));
    table.on(75, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.EINVAL));
    table.on(77, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.EINVAL));
    table.on(81, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ENOTDIR));
    table.on(217, (guest, a, b, c, d, e, f) -> guest.streams().onStream(a, Errno.ENOTDIR));
    table.on(292, (guest, a, b, c, d, e, f) -> guest.streams().duplicateTo(a, b, false));
    // There is room for the three descriptors only.
    for (int number : new int[] {22, 213, 284, 290, 291, 293, 319}) {
      table.refuse(number, Errno.EMFILE);
    }
  }

  StandardStreams state() {
    return new StandardStreams(streams[0], streams[1], streams[2]);
  }

  void restore(StandardStreams earlier) {
    streams[0] = earlier.input();
    streams[1] = earlier.output();
    streams[2] = earlier.error();
  }

  /** Forgets what earlier calls wrote to standard error. */
  void beginCall() {
    lastErrors = NOTHING;
  }

  /** What the call has written to standard error last. */
  byte[] lastErrors() {
    return lastErrors;
  }

  /** Of a descriptor the kernel, too, looks at the lower half only. */
  private boolean isOpen(long descriptor) {
    int number = (int) descriptor;
    return number >= 0 && number < DESCRIPTORS && streams[number] != CLOSED;
  }

  /** What a stream answers to what it cannot do. */
  long onStream(long descriptor, int errno) {
    return isOpen(descriptor) ? -errno : -Errno.EBADF;
  }

  private boolean canWrite(long descriptor) {
    return isOpen(descriptor) && streams[(int) descriptor] != STANDARD_INPUT;
  }

  private long read(long descriptor, long buffer, long size) {
    if (!isOpen(descriptor) || canWrite(descriptor)) {
      return -Errno.EBADF;
    }
    if (size <= 0) {
      return size < 0 ? -Errno.EINVAL : 0;
    }
    byte[] bytes = input.read((int) Math.min(size, LONGEST_WRITE));
    if (bytes == null) {
      return guest.waitForInput();
    }
    guest.mem().write(buffer, bytes);
    return bytes.length;
  }

  private long readv(long descriptor, long count) {
    return read(descriptor, 0, count < 0 || count > MOST_PARTS ? -1 : 0);
  }

  private long write(long descriptor, long buffer, long size) {
    if (!canWrite(descriptor)) {
      return -Errno.EBADF;
    }
    long length = size < 0 ? LONGEST_WRITE : Math.min(size, LONGEST_WRITE);
    print(descriptor, guest.mem().read(buffer, length));
    return length;
  }

  private long writev(long descriptor, long parts, long count) {
    if (!canWrite(descriptor)) {
      return -Errno.EBADF;
    }
    if (count < 0 || count > MOST_PARTS) {
      return -Errno.EINVAL;
    }
    ByteBuffer table = guest.mem().readStruct(parts, (int) count * PART_SIZE);
    ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    while (table.hasRemaining() && gathered.size() < LONGEST_WRITE) {
      long address = table.getLong();
      long size = table.getLong();
      if (size < 0) {
        return -Errno.EINVAL;
      }
      try {
        gathered.writeBytes(
            guest.mem().read(address, Math.min(size, LONGEST_WRITE - gathered.size())));
      } catch (GuestAddressException e) {
        if (gathered.size() == 0) {
          return -Errno.EFAULT;
        }
        break; // a short write
      }
    }
    print(descriptor, gathered.toByteArray());
    return gathered.size();
  }

  private void print(long descriptor, byte[] bytes) {
    boolean error = streams[(int) descriptor] == STANDARD_ERROR;
    if (error) {
      byte[] all = Arrays.copyOf(lastErrors, lastErrors.length + bytes.length);
      System.arraycopy(bytes, 0, all, lastErrors.length, bytes.length);
      lastErrors = Arrays.copyOfRange(all, Math.max(0, all.length - KEPT_BYTES), all.length);
    }
    output.print(bytes, error);
  }

  private long close(long descriptor) {
    if (!isOpen(descriptor)) {
      return -Errno.EBADF;
    }
    streams[(int) descriptor] = CLOSED;
    return 0;
  }

  private long duplicate(long descriptor, long from) {
    if (!isOpen(descriptor)) {
      return -Errno.EBADF;
    }
    if (from < 0 || from >= DESCRIPTORS) {
      return -Errno.EINVAL;
    }
    for (int free = (int) from; free < DESCRIPTORS; free++) {
      if (streams[free] == CLOSED) {
        streams[free] = streams[(int) descriptor];
        return free;
      }
    }
    return -Errno.EMFILE;
  }

  private long duplicateTo(long descriptor, long target, boolean maybeItself) {
    if (descriptor == target && !maybeItself) {
      return -Errno.EINVAL;
    }
    if (!isOpen(descriptor) || target < 0 || target >= DESCRIPTORS) {
      return -Errno.EBADF;
    }
    streams[(int) target] = streams[(int) descriptor];
    return target;
  }

  private long fcntl(long descriptor, long command, long argument) {
    if (!isOpen(descriptor)) {
      return -Errno.EBADF;
    }
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
      return duplicate(descriptor, argument);
    }
    if (command == F_GETFL) {
      return canWrite(descriptor) ? 1 : 0; // O_WRONLY or O_RDONLY
    }
    return command == F_GETFD || command == F_SETFD || command == F_SETFL ? 0 : -Errno.EINVAL;
  }

  long fstat(long descriptor, long target) {
    if (!isOpen(descriptor)) {
      return -Errno.EBADF;
    }
    writeStat(target, streams[(int) descriptor]);
    return 0;
  }

  /** {@code struct stat} of x86-64. */
  private void writeStat(long target, int stream) {
    guest
        .mem()
        .write(
            target,
            GuestMemory.struct(STAT_SIZE)
                .putLong(8, 1L + stream) // st_ino
                .putLong(16, 1) // st_nlink
                .putInt(24, MODE)
                .putInt(28, ProcessCalls.USER)
                .putInt(32, ProcessCalls.USER)
                .putLong(56, 4096)); // st_blksize
  }

  private long poll(long descriptors, long count, int milliseconds) {
    if (count < 0 || count > DESCRIPTORS) {
      return -Errno.EINVAL; // RLIMIT_NOFILE
    }
    ByteBuffer table = guest.mem().readStruct(descriptors, (int) count * POLLFD_SIZE);
    int ready = 0;
    for (int at = 0; at < table.capacity(); at += POLLFD_SIZE) {
      short found = ready(table.getInt(at), table.getShort(at + 4));
      table.putShort(at + 6, found);
      ready += found != 0 ? 1 : 0;
    }
    guest.mem().write(descriptors, table);
    if (ready > 0 || milliseconds == 0) {
      return ready;
    }
    if (milliseconds < 0) {
      return guest.stuck("waits for descriptors that never become ready (poll)");
    }
    return guest.time().sleep(milliseconds * 1_000_000L) ? 0 : -Errno.EINTR;
  }

  private short ready(int descriptor, short wanted) {
    if (descriptor < 0) {
      return 0;
    }
    if (!isOpen(descriptor)) {
      return POLLNVAL;
    }
    return canWrite(descriptor)
        ? (short) (wanted & POLLOUT)
        : (short) ((wanted & POLLIN) | POLLHUP);
  }
}

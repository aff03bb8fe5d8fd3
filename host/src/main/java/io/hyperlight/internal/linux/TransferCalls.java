package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** What moves bytes: {@code read(2)}, {@code write(2)}, {@code lseek(2)} and their relatives. */
final class TransferCalls {
  private static final int ADVICES = 6;
  private static final int SEEK_CUR = 1;

  /** In place of an offset: where the file stands. */
  private static final long CURRENT = -1;

  /** {@code SEEK_HOLE}. */
  private static final int LAST_WHENCE = 4;

  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int FALLOC_FL_COLLAPSE_RANGE = 8;
  private static final int FALLOC_FL_ZERO_RANGE = 0x10;
  private static final int FALLOC_FL_INSERT_RANGE = 0x20;
  private static final int FALLOC_FL_UNSHARE_RANGE = 0x40;

  /** {@code RWF_HIPRI} to {@code RWF_APPEND}, of which those are taken that are mere hints. */
  private static final long RWF_HINTS = 0x1 | 0x2 | 0x4;

  private TransferCalls() {}

  static void register(SystemCallTable table) {
    table.on(0, (guest, a, b, c, d, e, f) -> read(guest, a, b, c));
    table.on(1, (guest, a, b, c, d, e, f) -> write(guest, a, b, c));
    table.on(8, (guest, a, b, c, d, e, f) -> seek(guest, a, b, (int) c));
    table.on(17, (guest, a, b, c, d, e, f) -> readAt(guest, a, d, () -> Buffers.one(guest, b, c)));
    table.on(18, (guest, a, b, c, d, e, f) -> writeAt(guest, a, d, () -> Buffers.one(guest, b, c)));
    table.on(19, (guest, a, b, c, d, e, f) -> readv(guest, a, b, c));
    table.on(20, (guest, a, b, c, d, e, f) -> writev(guest, a, b, c));
    table.on(40, (guest, a, b, c, d, e, f) -> sendfile(guest, a, b, c, d));
    table.on(74, (guest, a, b, c, d, e, f) -> sync(guest, a));
    table.on(75, (guest, a, b, c, d, e, f) -> sync(guest, a));
    table.on(77, (guest, a, b, c, d, e, f) -> truncate(guest, a, b));
    table.on(162, (guest, a, b, c, d, e, f) -> 0); // sync
    table.on(187, (guest, a, b, c, d, e, f) -> readahead(guest, a));
    table.on(221, (guest, a, b, c, d, e, f) -> advise(guest, a, c, (int) d));
    table.on(277, (guest, a, b, c, d, e, f) -> sync(guest, a)); // sync_file_range
    table.on(285, (guest, a, b, c, d, e, f) -> allocate(guest, a, b, c, d));
    table.on(
        295, (guest, a, b, c, d, e, f) -> readAt(guest, a, d, () -> Buffers.table(guest, b, c)));
    table.on(
        296, (guest, a, b, c, d, e, f) -> writeAt(guest, a, d, () -> Buffers.table(guest, b, c)));
    table.on(306, (guest, a, b, c, d, e, f) -> syncFileSystem(guest, a));
    table.on(326, (guest, a, b, c, d, e, f) -> copyRange(guest, a, b, c, d, e, f));
    table.on(327, (guest, a, b, c, d, e, f) -> readv2(guest, a, b, c, d, f));
    table.on(328, (guest, a, b, c, d, e, f) -> writev2(guest, a, b, c, d, f));
  }

  /** Looks at the guest's buffers once the descriptor is known to be right. */
  @FunctionalInterface
  private interface Access {
    Buffers buffers();
  }

  private static OpenFile get(SystemCalls guest, long descriptor) {
    return guest.files().descriptors().get(descriptor);
  }

  private static OpenFile readable(SystemCalls guest, long descriptor) {
    return guest.files().descriptors().readable(descriptor);
  }

  private static OpenFile writable(SystemCalls guest, long descriptor) {
    return guest.files().descriptors().writable(descriptor);
  }

  private static long seek(SystemCalls guest, long descriptor, long offset, int whence) {
    OpenFile file = get(guest, descriptor);
    if (whence < 0 || whence > LAST_WHENCE) {
      return -Errno.EINVAL; // also of what cannot be sought
    }
    return file.seek(offset, whence);
  }

  private static long read(SystemCalls guest, long descriptor, long address, long size) {
    OpenFile file = readable(guest, descriptor);
    return read(guest, file, Buffers.one(guest, address, size));
  }

  private static long readv(SystemCalls guest, long descriptor, long table, long count) {
    OpenFile file = readable(guest, descriptor);
    return read(guest, file, Buffers.table(guest, table, count));
  }

  private static long read(SystemCalls guest, OpenFile file, Buffers buffers) {
    file.requireEnd(CURRENT, buffers.size());
    return Transfer.read(guest, file, CURRENT, buffers, (bytes, _) -> file.read(guest, bytes));
  }

  private static long write(SystemCalls guest, long descriptor, long address, long size) {
    OpenFile file = writable(guest, descriptor);
    return write(guest, file, Buffers.one(guest, address, size));
  }

  private static long writev(SystemCalls guest, long descriptor, long table, long count) {
    OpenFile file = writable(guest, descriptor);
    return write(guest, file, Buffers.table(guest, table, count));
  }

  private static long write(SystemCalls guest, OpenFile file, Buffers buffers) {
    file.requireEnd(CURRENT, buffers.size());
    return Transfer.write(guest, buffers, (bytes, _) -> file.write(guest, bytes));
  }

  private static long readAt(SystemCalls guest, long descriptor, long offset, Access access) {
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    requireOffsets(get(guest, descriptor));
    OpenFile file = readable(guest, descriptor);
    Buffers buffers = access.buffers();
    file.requireEnd(offset, buffers.size());
    return Transfer.read(
        guest, file, offset, buffers, (bytes, done) -> file.readAt(offset + done, bytes));
  }

  /** Pipes have none, whatever they were opened for. */
  private static void requireOffsets(OpenFile file) {
    if (file instanceof PipeEnd || file instanceof StandardStream) {
      throw new FileException(Errno.ESPIPE);
    }
  }

  private static long writeAt(SystemCalls guest, long descriptor, long offset, Access access) {
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    requireOffsets(get(guest, descriptor));
    OpenFile file = writable(guest, descriptor);
    Buffers buffers = access.buffers();
    file.requireEnd(offset, buffers.size());
    return Transfer.write(guest, buffers, (bytes, done) -> file.writeAt(offset + done, bytes));
  }

  private static long readv2(
      SystemCalls guest, long descriptor, long table, long count, long offset, long flags) {
    if ((flags & ~RWF_HINTS) != 0) {
      return -Errno.ENOTSUP;
    }
    return offset == -1
        ? readv(guest, descriptor, table, count)
        : readAt(guest, descriptor, offset, () -> Buffers.table(guest, table, count));
  }

  private static long writev2(
      SystemCalls guest, long descriptor, long table, long count, long offset, long flags) {
    if ((flags & ~RWF_HINTS) != 0) {
      return -Errno.ENOTSUP;
    }
    return offset == -1
        ? writev(guest, descriptor, table, count)
        : writeAt(guest, descriptor, offset, () -> Buffers.table(guest, table, count));
  }

  private static long sendfile(
      SystemCalls guest, long target, long source, long offsetAddress, long count) {
    OpenFile in = readable(guest, source);
    boolean moves = offsetAddress == 0;
    long offset = moves ? 0 : guest.mem().readLong(offsetAddress);
    if (!moves) {
      requireOffsets(in);
    }
    if (count < 0 || offset < 0) {
      return -Errno.EINVAL;
    }
    OpenFile out = writable(guest, target);
    long room = count;
    if (out instanceof PipeEnd pipe) {
      // As much as there is room for, though there may be more to come.
      room = pipe.awaitRoom(guest, 1, out.has(OpenFlags.O_NONBLOCK), "sendfile");
    } else if (out.has(OpenFlags.O_APPEND) || SpliceCalls.isPipe(in)) {
      return -Errno.EINVAL;
    }
    if (count == 0 || room == 0) {
      return 0;
    }
    if (!(in instanceof ContentFile) || isOfProcess(in)) {
      return -Errno.EINVAL;
    }
    long start = moves ? in.seek(0, SEEK_CUR) : offset;
    long most = Math.min(count, room);
    long moved = Transfer.copy(guest, in, start, most, (bytes, _) -> out.write(guest, bytes));
    if (moved > 0) {
      moveOn(guest, in, offsetAddress, start + moved);
    }
    return moved;
  }

  /** Whether it is of {@code /proc/self}, which Linux does not splice from. */
  static boolean isOfProcess(OpenFile file) {
    return file.place().node() instanceof MadeUpNode node && node.path().startsWith("/proc/1/");
  }

  private static long copyRange(
      SystemCalls guest, long source, long from, long target, long to, long count, long flags) {
    if (flags != 0 || count < 0) {
      return -Errno.EINVAL;
    }
    OpenFile in = get(guest, source);
    OpenFile out = get(guest, target);
    if (in instanceof DirectoryFile || out instanceof DirectoryFile) {
      return -Errno.EISDIR;
    }
    if (!(in instanceof ContentFile read && read.isRegular())
        || !(out instanceof ContentFile write && write.isRegular())) {
      return -Errno.EINVAL;
    }
    if (!in.isReadable() || !out.isWritable() || out.has(OpenFlags.O_APPEND)) {
      return -Errno.EBADF;
    }
    if (in.place().node() instanceof MadeUpNode) {
      return -Errno.EXDEV;
    }
    long readAt = from == 0 ? in.seek(0, SEEK_CUR) : guest.mem().readLong(from);
    long writeAt = to == 0 ? out.seek(0, SEEK_CUR) : guest.mem().readLong(to);
    if (readAt < 0 || writeAt < 0) {
      return count == 0 ? -Errno.EINVAL : -Errno.EOVERFLOW;
    }
    if (readAt > Long.MAX_VALUE - count || writeAt > Long.MAX_VALUE - count) {
      return -Errno.EOVERFLOW;
    }
    boolean same =
        in.status().device() == out.status().device()
            && in.status().inode() == out.status().inode();
    long there = Math.clamp(in.status().size() - readAt, 0, count);
    if (same && Math.abs(readAt - writeAt) < there) {
      return -Errno.EINVAL;
    }
    long moved =
        Transfer.copy(
            guest, in, readAt, there, (bytes, done) -> out.writeAt(writeAt + done, bytes));
    if (moved > 0) {
      moveOn(guest, in, from, readAt + moved);
      moveOn(guest, out, to, writeAt + moved);
    }
    return moved;
  }

  private static void moveOn(SystemCalls guest, OpenFile file, long address, long offset) {
    if (address == 0) {
      file.seek(offset, 0);
    } else {
      guest.mem().writeLong(address, offset);
    }
  }

  private static long truncate(SystemCalls guest, long descriptor, long size) {
    if (size < 0) {
      return -Errno.EINVAL;
    }
    OpenFile file = get(guest, descriptor);
    if (!file.isWritable()) {
      return -Errno.EINVAL;
    }
    file.truncate(size);
    return 0;
  }

  private static long allocate(
      SystemCalls guest, long descriptor, long mode, long offset, long size) {
    OpenFile file = get(guest, descriptor);
    if (offset < 0 || size <= 0) {
      return -Errno.EINVAL;
    }
    int flags = (int) mode;
    boolean keepsSize = (flags & FALLOC_FL_KEEP_SIZE) != 0;
    boolean known =
        switch (flags & ~FALLOC_FL_KEEP_SIZE) {
          case 0, FALLOC_FL_ZERO_RANGE, FALLOC_FL_UNSHARE_RANGE -> true;
          case FALLOC_FL_PUNCH_HOLE -> keepsSize;
          case FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE -> !keepsSize;
          default -> false;
        };
    if (!known) {
      return -Errno.ENOTSUP;
    }
    if (!file.isWritable()) {
      return -Errno.EBADF;
    }
    if (!(file instanceof ContentFile content)) {
      return -Errno.ESPIPE; // directories cannot have been opened to be written
    }
    if (!content.isRegular()) {
      return -Errno.ENODEV;
    }
    if (offset > Long.MAX_VALUE - size) {
      return -Errno.EFBIG;
    }
    switch (flags & ~FALLOC_FL_KEEP_SIZE) {
      case 0 -> {
        if (!keepsSize) {
          guest.files().changes().fileSize().require(offset + size, file.status().size());
        }
        content.content().reserve(offset, offset + size, !keepsSize);
      }
      case FALLOC_FL_PUNCH_HOLE -> content.content().punch(offset, offset + size);
      default -> {
        return -Errno.ENOTSUP; // as tmpfs(5)
      }
    }
    return 0;
  }

  private static long sync(SystemCalls guest, long descriptor) {
    boolean storage =
        switch (get(guest, descriptor)) {
          case ContentFile content -> content.isRegular();
          case DirectoryFile _ -> true;
          default -> false;
        };
    return storage ? 0 : -Errno.EINVAL;
  }

  private static long syncFileSystem(SystemCalls guest, long descriptor) {
    get(guest, descriptor);
    return 0;
  }

  private static long readahead(SystemCalls guest, long descriptor) {
    return readable(guest, descriptor) instanceof ContentFile content && content.isRegular()
        ? 0
        : -Errno.EINVAL;
  }

  private static long advise(SystemCalls guest, long descriptor, long size, int advice) {
    OpenFile file = get(guest, descriptor);
    if (file instanceof PipeEnd || file instanceof StandardStream) {
      return -Errno.ESPIPE;
    }
    return size < 0 || advice < 0 || advice >= ADVICES ? -Errno.EINVAL : 0;
  }
}

package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.linux.wait.BlockedException;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import org.jspecify.annotations.Nullable;

/** Moves bytes: {@code read(2)}, {@code write(2)}, {@code lseek(2)} and their relatives. */
public final class TransferCalls {
  private static final int ADVICES = 6;
  private static final int SEEK_CUR = 1;

  /** Stands in place of an offset: the current offset of the file. */
  private static final long CURRENT = -1;

  /** {@code SEEK_HOLE}. */
  private static final int LAST_WHENCE = 4;

  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int FALLOC_FL_COLLAPSE_RANGE = 8;
  private static final int FALLOC_FL_ZERO_RANGE = 0x10;
  private static final int FALLOC_FL_INSERT_RANGE = 0x20;
  private static final int FALLOC_FL_UNSHARE_RANGE = 0x40;

  /** The accepted flags of {@code RWF_HIPRI} to {@code RWF_APPEND}: those that are only hints. */
  private static final long RWF_HINTS = 0x1 | 0x2 | 0x4;

  private final Descriptors descriptors;
  private final HeldFiles held;
  private final Caller caller;
  private final GuestMemory memory;
  private final Checkpoint checkpoint;

  public TransferCalls(ProcessFiles files, Caller caller, GuestMemory memory) {
    descriptors = files.descriptors();
    held = files.world().held();
    this.caller = caller;
    this.memory = memory;
    checkpoint = caller.checkpoint();
  }

  /** Accesses the guest's buffers after the descriptor was checked. */
  @FunctionalInterface
  private interface Access {
    Buffers buffers();
  }

  private OpenFile get(int descriptor) {
    return descriptors.get(descriptor);
  }

  private OpenFile readable(int descriptor) {
    return descriptors.readable(descriptor);
  }

  private OpenFile writable(int descriptor) {
    return descriptors.writable(descriptor);
  }

  public long lseek(int descriptor, long offset, int whence) {
    OpenFile file = get(descriptor);
    if (whence < 0 || whence > LAST_WHENCE) {
      return -Errno.EINVAL; // also for files without offsets
    }
    return file.seek(offset, whence);
  }

  /** Returns the file with which a call goes on that has waited; null for a new call. */
  private @Nullable OpenFile held() {
    return held.isEmpty() ? null : held.find(caller.waiting());
  }

  private void release() {
    if (!held.isEmpty()) {
      held.release(caller.waiting());
    }
  }

  public long read(int descriptor, long address, long size) {
    OpenFile before = held();
    OpenFile file = before == null ? readable(descriptor) : before;
    return read(file, Buffers.one(memory, address, size));
  }

  public long readv(int descriptor, long table, long count) {
    OpenFile before = held();
    OpenFile file = before == null ? readable(descriptor) : before;
    return read(file, Buffers.table(memory, table, count));
  }

  private long read(OpenFile file, Buffers buffers) {
    boolean waits = false;
    try {
      file.requireEnd(CURRENT, buffers.size());
      return Transfer.read(
          checkpoint, file, CURRENT, buffers, (bytes, _) -> file.read(caller, bytes));
    } catch (BlockedException e) {
      waits = true;
      held.hold(caller.waiting(), file);
      throw e;
    } finally {
      if (!waits) {
        release();
      }
    }
  }

  public long write(int descriptor, long address, long size) {
    OpenFile before = held();
    OpenFile file = before == null ? writable(descriptor) : before;
    return write(file, Buffers.one(memory, address, size));
  }

  public long writev(int descriptor, long table, long count) {
    OpenFile before = held();
    OpenFile file = before == null ? writable(descriptor) : before;
    return write(file, Buffers.table(memory, table, count));
  }

  private long write(OpenFile file, Buffers buffers) {
    boolean waits = false;
    try {
      return file.write(caller, buffers);
    } catch (BlockedException e) {
      waits = true;
      held.hold(caller.waiting(), file);
      throw e;
    } finally {
      if (!waits) {
        release();
      }
    }
  }

  public long pread64(int descriptor, long address, long size, long offset) {
    return readAt(descriptor, offset, () -> Buffers.one(memory, address, size));
  }

  public long pwrite64(int descriptor, long address, long size, long offset) {
    return writeAt(descriptor, offset, () -> Buffers.one(memory, address, size));
  }

  public long preadv(int descriptor, long table, long count, long offset) {
    return readAt(descriptor, offset, () -> Buffers.table(memory, table, count));
  }

  public long pwritev(int descriptor, long table, long count, long offset) {
    return writeAt(descriptor, offset, () -> Buffers.table(memory, table, count));
  }

  private long readAt(int descriptor, long offset, Access access) {
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    requireOffsets(get(descriptor));
    OpenFile file = readable(descriptor);
    Buffers buffers = access.buffers();
    file.requireEnd(offset, buffers.size());
    return Transfer.read(
        checkpoint, file, offset, buffers, (bytes, done) -> file.readAt(offset + done, bytes));
  }

  /** Throws ESPIPE for a pipe, whatever access mode it was opened with. */
  private static void requireOffsets(OpenFile file) {
    if (file instanceof PipeEnd || file instanceof StandardStream) {
      throw new FileException(Errno.ESPIPE);
    }
  }

  private long writeAt(int descriptor, long offset, Access access) {
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    requireOffsets(get(descriptor));
    OpenFile file = writable(descriptor);
    Buffers buffers = access.buffers();
    file.requireEnd(offset, buffers.size());
    return Transfer.write(
        checkpoint, buffers, (bytes, done) -> file.writeAt(caller, offset + done, bytes));
  }

  public long preadv2(int descriptor, long table, long count, long offset, int flags) {
    if ((flags & ~RWF_HINTS) != 0) {
      return -Errno.ENOTSUP;
    }
    return offset == -1
        ? readv(descriptor, table, count)
        : preadv(descriptor, table, count, offset);
  }

  public long pwritev2(int descriptor, long table, long count, long offset, int flags) {
    if ((flags & ~RWF_HINTS) != 0) {
      return -Errno.ENOTSUP;
    }
    return offset == -1
        ? writev(descriptor, table, count)
        : pwritev(descriptor, table, count, offset);
  }

  public long sendfile(int target, int source, long offsetAddress, long count) {
    OpenFile in = readable(source);
    boolean moves = offsetAddress == 0;
    long offset = moves ? 0 : memory.readLong(offsetAddress);
    if (!moves) {
      requireOffsets(in);
    }
    if (count < 0 || offset < 0) {
      return -Errno.EINVAL;
    }
    OpenFile out = writable(target);
    long room = count;
    if (out instanceof PipeEnd pipe) {
      // The room that there is now, even if a larger count is wanted.
      room = pipe.awaitRoom(caller, out.has(OpenFlags.O_NONBLOCK), "sendfile");
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
    long moved = Transfer.copy(checkpoint, in, start, most, (bytes, _) -> out.write(caller, bytes));
    if (moved > 0) {
      moveOn(in, offsetAddress, start + moved);
    }
    return moved;
  }

  /** Answers whether a file belongs to {@code /proc/self}. Linux does not splice from these. */
  static boolean isOfProcess(OpenFile file) {
    return file.place().node() instanceof PseudoNode node && node.isOfProcess();
  }

  public long copyFileRange(int source, long from, int target, long to, long count, int flags) {
    if (flags != 0 || count < 0) {
      return -Errno.EINVAL;
    }
    OpenFile in = get(source);
    OpenFile out = get(target);
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
    if (in.place().node() instanceof PseudoNode) {
      return -Errno.EXDEV;
    }
    long readAt = from == 0 ? in.seek(0, SEEK_CUR) : memory.readLong(from);
    long writeAt = to == 0 ? out.seek(0, SEEK_CUR) : memory.readLong(to);
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
            checkpoint,
            in,
            readAt,
            there,
            (bytes, done) -> out.writeAt(caller, writeAt + done, bytes));
    if (moved > 0) {
      moveOn(in, from, readAt + moved);
      moveOn(out, to, writeAt + moved);
    }
    return moved;
  }

  private void moveOn(OpenFile file, long address, long offset) {
    if (address == 0) {
      file.seek(offset, 0);
    } else {
      memory.writeLong(address, offset);
    }
  }

  public long ftruncate(int descriptor, long size) {
    if (size < 0) {
      return -Errno.EINVAL;
    }
    OpenFile file = get(descriptor);
    if (!file.isWritable()) {
      return -Errno.EINVAL;
    }
    file.truncate(caller, size);
    return 0;
  }

  public long fallocate(int descriptor, int flags, long offset, long size) {
    OpenFile file = get(descriptor);
    if (offset < 0 || size <= 0) {
      return -Errno.EINVAL;
    }
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
      return file instanceof AnonymousFile || file instanceof SocketFile
          ? -Errno.ENODEV
          : -Errno.ESPIPE; // directories cannot be opened for writing
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
          caller.fileSize().require(offset + size, file.status().size());
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

  /** Does nothing: data are in their final place as soon as they are written. */
  public long sync() {
    return 0;
  }

  public long fsync(int descriptor) {
    boolean storage =
        switch (get(descriptor)) {
          case ContentFile content -> content.isRegular();
          case DirectoryFile _ -> true;
          default -> false;
        };
    return storage ? 0 : -Errno.EINVAL;
  }

  public long syncfs(int descriptor) {
    get(descriptor);
    return 0;
  }

  public long readahead(int descriptor) {
    return readable(descriptor) instanceof ContentFile content && content.isRegular()
        ? 0
        : -Errno.EINVAL;
  }

  public long fadvise64(int descriptor, long size, int advice) {
    OpenFile file = get(descriptor);
    if (file instanceof PipeEnd || file instanceof StandardStream) {
      return -Errno.ESPIPE;
    }
    return size < 0 || advice < 0 || advice >= ADVICES ? -Errno.EINVAL : 0;
  }
}

package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.Arrays;

/** Moves bytes into and out of pipes: {@code splice(2)}, {@code tee(2)}, {@code vmsplice(2)}. */
public final class SpliceCalls {
  private static final int SPLICE_F_NONBLOCK = 2;

  /** All valid flags. Those without a constant here are hints. */
  private static final int KNOWN = 0xf;

  private final Descriptors descriptors;
  private final Caller caller;
  private final GuestMemory memory;

  public SpliceCalls(Descriptors descriptors, Caller caller, GuestMemory memory) {
    this.descriptors = descriptors;
    this.caller = caller;
    this.memory = memory;
  }

  static boolean isPipe(OpenFile file) {
    return file instanceof PipeEnd || file instanceof StandardStream;
  }

  /** Limits a size to what a pipe can hold. */
  private static int atMost(long size) {
    return size < 0 ? Pipe.CAPACITY : (int) Math.min(size, Pipe.CAPACITY);
  }

  public long splice(
      int source, long sourceOffset, int target, long targetOffset, long size, int flags) {
    if (size == 0) {
      return 0;
    }
    if ((flags & ~KNOWN) != 0) {
      return -Errno.EINVAL;
    }
    OpenFile in = descriptors.get(source);
    OpenFile out = descriptors.get(target);
    if ((isPipe(in) && sourceOffset != 0) || (isPipe(out) && targetOffset != 0)) {
      return -Errno.ESPIPE;
    }
    long readAt = sourceOffset == 0 ? 0 : memory.readLong(sourceOffset);
    long writeAt = targetOffset == 0 ? 0 : memory.readLong(targetOffset);
    requireModes(in, out);
    if ((!isPipe(in) && !isPipe(out)) || isSamePipe(in, out)) {
      return -Errno.EINVAL;
    }
    if (readAt < 0 || writeAt < 0 || (!isPipe(out) && out.has(OpenFlags.O_APPEND))) {
      return -Errno.EINVAL;
    }
    if (out instanceof AnonymousFile) {
      return -Errno.EINVAL;
    }
    boolean nonBlocking =
        (flags & SPLICE_F_NONBLOCK) != 0
            || (isPipe(in) && in.has(OpenFlags.O_NONBLOCK))
            || (isPipe(out) && out.has(OpenFlags.O_NONBLOCK));
    int most = atMost(size);
    if (in instanceof PipeEnd pipe) {
      most = Math.min(most, pipe.awaitBytes(caller, nonBlocking, "splice"));
    }
    if (out instanceof PipeEnd pipe) { // fails without a reader in any case
      most = Math.min(most, pipe.awaitRoom(caller, nonBlocking, "splice"));
    }
    if (in instanceof PipeEnd from && out instanceof PipeEnd to) {
      from.changes();
      return from.pipe().moveTo(to.pipe(), atMost(size));
    }
    requireSource(in);
    byte[] bytes = most == 0 ? new byte[0] : take(in, sourceOffset != 0, readAt, most);
    if (bytes.length == 0) {
      return 0;
    }
    int written =
        targetOffset == 0 ? out.write(caller, bytes) : out.writeAt(caller, writeAt, bytes);
    if (in instanceof PipeEnd pipe) {
      pipe.changes();
      pipe.pipe().skip(written);
    } else if (sourceOffset != 0) {
      memory.writeLong(sourceOffset, readAt + written);
    }
    if (targetOffset != 0) {
      memory.writeLong(targetOffset, writeAt + written);
    }
    return written;
  }

  /** Returns the bytes to move. Bytes of a guest's pipe stay in it until they are written. */
  private byte[] take(OpenFile in, boolean at, long offset, int most) {
    if (in instanceof PipeEnd pipe) {
      return pipe.pipe().peek(most);
    }
    byte[] bytes = new byte[most];
    int length = at ? in.readAt(offset, bytes) : in.read(caller, bytes);
    return Arrays.copyOf(bytes, length);
  }

  /** Refuses kinds of files from which Linux does not splice. */
  private static void requireSource(OpenFile in) {
    boolean from =
        isPipe(in)
            || in instanceof SocketFile
            || (in instanceof ContentFile && !TransferCalls.isOfProcess(in));
    if (!from) {
      throw new FileException(Errno.EINVAL);
    }
  }

  private static void requireModes(OpenFile in, OpenFile out) {
    if (!in.isReadable() || !out.isWritable()) {
      throw new FileException(Errno.EBADF);
    }
  }

  private static boolean isSamePipe(OpenFile in, OpenFile out) {
    return in instanceof PipeEnd from
        && out instanceof PipeEnd to
        && from.pipe().number() == to.pipe().number();
  }

  public long tee(int source, int target, long size, int flags) {
    if ((flags & ~KNOWN) != 0) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    OpenFile in = descriptors.get(source);
    OpenFile out = descriptors.get(target);
    requireModes(in, out);
    if (!(in instanceof PipeEnd from) || !(out instanceof PipeEnd to) || isSamePipe(in, out)) {
      return -Errno.EINVAL;
    }
    boolean nonBlocking =
        (flags & SPLICE_F_NONBLOCK) != 0
            || in.has(OpenFlags.O_NONBLOCK)
            || out.has(OpenFlags.O_NONBLOCK);
    int most = Math.min(atMost(size), from.awaitBytes(caller, nonBlocking, "tee"));
    to.awaitRoom(caller, nonBlocking, "tee");
    to.changes();
    return from.pipe().copyTo(to.pipe(), most);
  }

  public long vmsplice(int descriptor, long table, long count, int flags) {
    if ((flags & ~KNOWN) != 0) {
      return -Errno.EINVAL;
    }
    OpenFile file = descriptors.get(descriptor);
    Buffers buffers = Buffers.table(memory, table, count);
    if (!(file instanceof PipeEnd end)) {
      return -Errno.EBADF;
    }
    boolean nonBlocking = (flags & SPLICE_F_NONBLOCK) != 0;
    if (buffers.size() == 0) {
      return 0;
    }
    int there = buffers.next(!end.isWritable());
    if (there == 0) {
      return -Errno.EFAULT;
    }
    if (end.isWritable()) {
      int length = Math.min(there, end.awaitRoom(caller, nonBlocking, "vmsplice"));
      end.changes();
      return end.pipe().addPages(buffers.take(length), 0);
    }
    byte[] bytes = new byte[Math.min(there, end.awaitBytes(caller, nonBlocking, "vmsplice"))];
    end.changes();
    int length = end.pipe().take(bytes);
    buffers.put(bytes, length);
    return length;
  }
}

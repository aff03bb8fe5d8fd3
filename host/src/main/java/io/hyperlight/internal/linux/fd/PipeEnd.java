package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One end of a pipe, or an open FIFO, which may be both ends. Only the guest's one thread can use
 * the other end. So a task that would have to wait would wait for ever.
 */
public final class PipeEnd extends OpenFile {
  /**
   * Stands in place of the number of times a FIFO was opened for writing. It means: the FIFO had a
   * writer when this end was opened.
   */
  static final long HAD_WRITERS = -1;

  private final Pipe pipe;
  private final @Nullable Fifos fifos;
  private final long writersSeen;

  /**
   * Creates an end of a pipe, or an open FIFO.
   *
   * @param location of a FIFO; null for a pipe
   * @param fifos is told when the FIFO's last end is closed; null for a pipe
   * @param writersSeen how often the FIFO had been opened for writing, or {@link #HAD_WRITERS}
   */
  PipeEnd(
      Changes changes,
      int flags,
      @Nullable Location location,
      Pipe pipe,
      @Nullable Fifos fifos,
      long writersSeen) {
    super(changes, flags, location);
    this.pipe = pipe;
    this.fifos = fifos;
    this.writersSeen = writersSeen;
    pipe.addEnd(isReadable(), isWritable());
  }

  /** Creates an end of a pipe that has no name. */
  PipeEnd(Changes changes, int flags, Pipe pipe) {
    this(changes, flags, null, pipe, null, HAD_WRITERS);
  }

  public Pipe pipe() {
    return pipe;
  }

  /** Returns half of the pipe's maximum, as each pipe has two ends. */
  @Override
  public long heapBytes() {
    return super.heapBytes() + Pipe.CAPACITY / 2;
  }

  @Override
  public void free() {
    pipe.removeEnd(isReadable(), isWritable());
    if (fifos != null && !pipe.hasReaders() && !pipe.hasWriters()) {
      fifos.forget(place());
    }
  }

  @Override
  public FileStatus status() {
    Location location = location();
    return location == null ? pipe.status() : location.node().status();
  }

  @Override
  public String name() {
    return location() == null ? pipe.name() : super.name();
  }

  @Override
  SavedFile save(ToIntFunction<Pipe> pipes) {
    return new SavedFile.End(flags(), location(), pipes.applyAsInt(pipe), writersSeen);
  }

  /** Returns how many bytes there are; 0 at the end, or if the guest is stuck. */
  int awaitBytes(Caller caller, boolean nonBlocking, String call) {
    if (pipe.count() == 0 && pipe.hasWriters()) {
      if (nonBlocking) {
        throw new FileException(Errno.EAGAIN);
      }
      caller.waits().block("waits for bytes in a pipe that has no other writer (" + call + ")");
    }
    return pipe.count();
  }

  /** Returns how much room there is; 0 if the guest is stuck. */
  int awaitRoom(Caller caller, int wanted, boolean nonBlocking, String call) {
    if (!pipe.hasReaders()) {
      caller.signals().raise(Signals.SIGPIPE);
      throw new FileException(Errno.EPIPE);
    }
    int room = pipe.room();
    if (room >= wanted) {
      return room;
    }
    if (!nonBlocking) {
      caller.waits().block("waits for room in a pipe that has no other reader (" + call + ")");
      return 0;
    }
    if (room == 0 || wanted <= Pipe.ATOMIC) {
      throw new FileException(Errno.EAGAIN);
    }
    return room;
  }

  @Override
  int read(Caller caller, byte[] target) {
    if (target.length == 0 || awaitBytes(caller, has(OpenFlags.O_NONBLOCK), "read") == 0) {
      return 0;
    }
    changes();
    return pipe.take(target);
  }

  /** Sets the capacity: {@code F_SETPIPE_SZ}. Returns the new capacity. */
  long setCapacity(int wanted) {
    if (Integer.compareUnsigned(wanted, Integer.MIN_VALUE) > 0) {
      return -Errno.EINVAL; // too large to be rounded up
    }
    if (wanted < 0 || wanted > Pipe.CAPACITY) {
      return -Errno.EPERM;
    }
    int capacity = Integer.highestOneBit(Math.max(wanted, Pipe.ATOMIC) * 2 - 1);
    if (capacity < pipe.count()) {
      return -Errno.EBUSY;
    }
    changes();
    pipe.setCapacity(capacity);
    return capacity;
  }

  @Override
  boolean readsOn() {
    return pipe.count() > 0;
  }

  @Override
  int write(Caller caller, byte[] source) {
    if (source.length == 0) {
      return 0;
    }
    int room = awaitRoom(caller, source.length, has(OpenFlags.O_NONBLOCK), "write");
    int length = Math.min(room, source.length);
    changes();
    pipe.put(source, length);
    return length;
  }

  @Override
  int ready() {
    int ready = 0;
    if (isReadable()) {
      ready |= pipe.count() > 0 ? POLLIN | POLLRDNORM : 0;
      // A FIFO that had no writer since it was opened does not report POLLHUP.
      ready |= pipe.hasWriters() || pipe.writersSeen() == writersSeen ? 0 : POLLHUP;
    }
    if (isWritable()) {
      ready |= pipe.room() >= Pipe.ATOMIC ? POLLOUT | POLLWRNORM : 0;
      ready |= pipe.hasReaders() ? 0 : POLLERR;
    }
    return ready;
  }

  @Override
  int available() {
    return pipe.count();
  }
}

package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLERR;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLHUP;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One end of a pipe, or an open FIFO, which may be both ends. */
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
  SavedFile save(FileSaver saver) {
    return new SavedFile.End(flags(), location(), saver.pipe(pipe), writersSeen);
  }

  private boolean isNonBlocking() {
    return has(OpenFlags.O_NONBLOCK);
  }

  /** Returns how many bytes there are, after waiting for some; 0 at the end. */
  int awaitBytes(Caller caller, boolean nonBlocking, String call) {
    if (pipe.count() == 0 && pipe.hasWriters()) {
      if (nonBlocking) {
        throw new FileException(Errno.EAGAIN);
      }
      throw caller
          .waiting()
          .block(
              "waits for bytes in a pipe (" + call + ")",
              Deadline.NEVER,
              Restart.IF_HANDLER_ASKS,
              pipe.readiness().input(),
              pipe.readiness().hangUp());
    }
    return pipe.count();
  }

  /** Returns how many bytes fit into new slots, after waiting for at least one slot. */
  int awaitRoom(Caller caller, boolean nonBlocking, String call) {
    requireReader(caller);
    if (pipe.isFull()) {
      if (nonBlocking) {
        throw new FileException(Errno.EAGAIN);
      }
      throw blockForRoom(caller, call);
    }
    return pipe.room();
  }

  private void requireReader(Caller caller) {
    if (!pipe.hasReaders()) {
      caller.signals().raise(Signals.SIGPIPE);
      throw new FileException(Errno.EPIPE);
    }
  }

  private RuntimeException blockForRoom(Caller caller, String call) {
    return caller
        .waiting()
        .block(
            "waits for room in a pipe (" + call + ")",
            Deadline.NEVER,
            Restart.IF_HANDLER_ASKS,
            pipe.readiness().output(),
            pipe.readiness().hangUp());
  }

  @Override
  int read(Caller caller, byte[] target) {
    if (target.length == 0 || awaitBytes(caller, isNonBlocking(), "read") == 0) {
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
    int capacity = Integer.highestOneBit(Math.max(wanted, Pipe.PAGE) * 2 - 1);
    changes();
    return pipe.setCapacity(capacity) ? capacity : -Errno.EBUSY;
  }

  @Override
  boolean readsOn() {
    return pipe.count() > 0 && !pipe.hasPacket();
  }

  /**
   * Writes buffers, and waits for room as often as needed. What a wait has already behind it is the
   * task's progress.
   */
  @Override
  long write(Caller caller, Buffers buffers) {
    long done = caller.waiting().progress();
    if (buffers.size() == 0) {
      return done;
    }
    try {
      if (done == 0) {
        requireReader(caller);
        done = growLast(buffers);
      } else {
        buffers.skip(done);
      }
      while (done < buffers.size()) {
        requireReader(caller);
        if (pipe.isFull()) {
          if (isNonBlocking()) {
            throw new FileException(Errno.EAGAIN);
          }
          caller.waiting().progress(done);
          throw blockForRoom(caller, "write");
        }
        int length = Math.min(buffers.next(false, Pipe.PAGE), Pipe.PAGE);
        if (length == 0) {
          throw new FileException(Errno.EFAULT);
        }
        changes();
        boolean packet = has(OpenFlags.O_DIRECT);
        pipe.add(buffers.take(length), !packet, packet);
        done += length;
        caller.checkpoint().passBytes(length);
      }
    } catch (FileException | InterruptedWaitException e) {
      if (done == 0) {
        throw e;
      }
    }
    return done;
  }

  /** Adds the bytes that are no whole page to the last slot, if they fit there. */
  private long growLast(Buffers buffers) {
    int rest = (int) (buffers.size() % Pipe.PAGE);
    if (rest == 0 || has(OpenFlags.O_DIRECT) || !pipe.canGrow(rest)) {
      return 0;
    }
    int length = Math.min(rest, buffers.next(false, rest));
    if (length < rest) {
      throw new FileException(Errno.EFAULT);
    }
    changes();
    pipe.grow(buffers.take(rest));
    return rest;
  }

  @Override
  int write(Caller caller, byte[] source) {
    int length = Math.min(awaitRoom(caller, isNonBlocking(), "write"), source.length);
    changes();
    return pipe.addPages(length == source.length ? source : Arrays.copyOf(source, length), 0);
  }

  @Override
  Readiness readiness() {
    return pipe.readiness();
  }

  @Override
  int ready(Caller caller) {
    int ready = 0;
    if (isReadable()) {
      ready |= pipe.count() > 0 ? POLLIN | POLLRDNORM : 0;
      // A FIFO that had no writer since it was opened does not report POLLHUP.
      ready |= pipe.hasWriters() || pipe.writersSeen() == writersSeen ? 0 : POLLHUP;
    }
    if (isWritable()) {
      ready |= pipe.isFull() ? 0 : POLLOUT | POLLWRNORM;
      ready |= pipe.hasReaders() ? 0 : POLLERR;
    }
    return ready;
  }

  @Override
  int mostToRead() {
    return pipe.count();
  }

  @Override
  int available() {
    return pipe.count();
  }
}

package io.hyperlight.linux;

import io.hyperlight.files.FileException;
import io.hyperlight.files.FileStatus;
import io.hyperlight.os.Errno;
import java.util.function.ToIntFunction;

/**
 * One end of a pipe. There is nobody but the guest's one thread at the other end, so that whoever
 * would have to wait there would wait for ever.
 */
final class PipeEnd extends OpenFile {
  private static final int SIGPIPE = 13;

  private final Pipe pipe;

  PipeEnd(Changes changes, int flags, Pipe pipe) {
    super(changes, flags, null);
    this.pipe = pipe;
    pipe.addEnd(isWritable());
  }

  @Override
  void free() {
    pipe.removeEnd(isWritable());
  }

  @Override
  FileStatus status() {
    return pipe.status();
  }

  @Override
  String name() {
    return pipe.name();
  }

  @Override
  SavedFile save(ToIntFunction<Pipe> pipes) {
    return new SavedFile.End(flags(), pipes.applyAsInt(pipe));
  }

  @Override
  int read(SystemCalls guest, byte[] target) {
    if (target.length == 0) {
      return 0;
    }
    if (pipe.count() == 0) {
      if (!pipe.hasWriters()) {
        return 0;
      }
      if (has(OpenFlags.O_NONBLOCK)) {
        throw new FileException(Errno.EAGAIN);
      }
      return (int) guest.stuck("waits for bytes in a pipe that nobody else writes (read)");
    }
    changes();
    return pipe.take(target);
  }

  @Override
  boolean readsOn() {
    return pipe.count() > 0;
  }

  @Override
  int write(SystemCalls guest, byte[] source) {
    if (source.length == 0) {
      return 0;
    }
    if (!pipe.hasReaders()) {
      guest.signals().raise(SIGPIPE);
      throw new FileException(Errno.EPIPE);
    }
    int room = pipe.room();
    if (room < source.length && !has(OpenFlags.O_NONBLOCK)) {
      return (int) guest.stuck("waits for room in a pipe that nobody else reads (write)");
    }
    if (room == 0 || (room < source.length && source.length <= Pipe.ATOMIC)) {
      throw new FileException(Errno.EAGAIN);
    }
    int length = Math.min(room, source.length);
    changes();
    pipe.put(source, length);
    return length;
  }

  @Override
  int ready() {
    if (isWritable()) {
      return (pipe.room() >= Pipe.ATOMIC ? POLLOUT | POLLWRNORM : 0)
          | (pipe.hasReaders() ? 0 : POLLERR);
    }
    return (pipe.count() > 0 ? POLLIN | POLLRDNORM : 0) | (pipe.hasWriters() ? 0 : POLLHUP);
  }

  @Override
  int available() {
    return pipe.count();
  }
}

package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLHUP;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Standard input, output or error. To the guest it looks like a pipe whose other end the host has.
 */
final class StandardStream extends OpenFile {
  static final int INPUT = 0;
  static final int OUTPUT = 1;
  static final int ERROR = 2;

  private final StandardStreams streams;
  private final int number;

  StandardStream(Changes changes, int flags, StandardStreams streams, int number) {
    super(changes, flags, null);
    this.streams = streams;
    this.number = number;
  }

  @Override
  public FileStatus status() {
    return Pipe.status(1L + number, 0600);
  }

  @Override
  public String name() {
    return "pipe:[" + (1 + number) + "]";
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Stream(flags(), number);
  }

  @Override
  int read(Caller caller, byte[] target) {
    if (target.length == 0) {
      return 0;
    }
    if (has(OpenFlags.O_NONBLOCK) && !streams.isInputReady()) {
      throw new FileException(Errno.EAGAIN);
    }
    return streams.read(caller, target);
  }

  @Override
  int write(Caller caller, byte[] source) {
    try {
      streams.print(source, number == ERROR);
      return source.length;
    } catch (FileException e) {
      // As with pipes on Linux, the signal comes even if the result is a number of bytes.
      if (e.errno() == Errno.EPIPE) {
        caller.signals().raise(Signals.SIGPIPE);
      }
      if (e instanceof PartialWriteException partial) {
        return partial.written();
      }
      throw e;
    }
  }

  @Override
  int ready(Caller caller) {
    if (number != INPUT) {
      return POLLOUT | POLLWRNORM;
    }
    return (streams.isInputReady() ? POLLIN | POLLRDNORM : 0)
        | (streams.isInputEmpty() ? POLLHUP : 0);
  }

  @Override
  @Nullable Readiness readiness() {
    return number == INPUT ? streams.inputReadiness() : null;
  }

  @Override
  boolean isFromOutside() {
    return number == INPUT && streams.isServed();
  }

  @Override
  boolean canBeWatched() {
    return true;
  }

  @Override
  void addSources(List<WaitSource> sources, int events) {
    if (number == INPUT) {
      streams.inputReadiness().addTo(sources, events);
      if (isFromOutside() && Readiness.isInput(events)) {
        sources.add(streams.arrival());
      }
    }
  }

  @Override
  int mostToRead() {
    return streams.mostToRead();
  }

  @Override
  int available() {
    if (number != INPUT) {
      throw new FileException(Errno.ENOTTY);
    }
    return 0;
  }
}

package io.hyperlight.linux;

import io.hyperlight.files.FileException;
import io.hyperlight.files.FileStatus;
import io.hyperlight.files.Location;
import io.hyperlight.os.Errno;
import java.util.function.ToIntFunction;

/** What was opened with {@code O_PATH}: a place in the file system, and no more. */
final class PathFile extends OpenFile {
  PathFile(Changes changes, int flags, Location location) {
    super(changes, flags, location);
  }

  @Override
  boolean isReadable() {
    return false;
  }

  @Override
  boolean isWritable() {
    return false;
  }

  @Override
  FileStatus status() {
    return place().node().status();
  }

  @Override
  SavedFile save(ToIntFunction<Pipe> pipes) {
    return new SavedFile.Path(flags(), place());
  }

  @Override
  int read(SystemCalls guest, byte[] target) {
    throw new FileException(Errno.EBADF);
  }

  @Override
  int write(SystemCalls guest, byte[] source) {
    throw new FileException(Errno.EBADF);
  }

  @Override
  int ready() {
    throw new FileException(Errno.EBADF);
  }
}

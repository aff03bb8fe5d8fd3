package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
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
  int read(Caller caller, byte[] target) {
    throw new FileException(Errno.EBADF);
  }

  @Override
  int write(Caller caller, byte[] source) {
    throw new FileException(Errno.EBADF);
  }

  @Override
  int ready() {
    throw new FileException(Errno.EBADF);
  }
}

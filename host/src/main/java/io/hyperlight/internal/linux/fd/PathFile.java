package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;

/** A file opened with {@code O_PATH}: only a location in the file system. */
public final class PathFile extends OpenFile {
  public PathFile(Changes changes, int flags, Location location) {
    super(changes, flags, location);
  }

  @Override
  public boolean isReadable() {
    return false;
  }

  @Override
  public boolean isWritable() {
    return false;
  }

  @Override
  public FileStatus status() {
    return place().node().status();
  }

  @Override
  SavedFile save(FileSaver saver) {
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
  int ready(Caller caller) {
    throw new FileException(Errno.EBADF);
  }
}

package io.hyperlight.linux;

import io.hyperlight.files.DirectoryEntry;
import io.hyperlight.files.FileException;
import io.hyperlight.files.FileStatus;
import io.hyperlight.files.Location;
import io.hyperlight.os.Errno;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** An open directory, and how far it was listed. */
final class DirectoryFile extends OpenFile {
  /** What there was when the listing began, so that nothing is told twice or left out. */
  private @Nullable List<DirectoryEntry> listing;

  private int position;

  DirectoryFile(
      Changes changes,
      int flags,
      Location location,
      @Nullable List<DirectoryEntry> listing,
      int position) {
    super(changes, flags, location);
    this.listing = listing;
    this.position = position;
  }

  @Override
  FileStatus status() {
    return place().node().status();
  }

  @Override
  SavedFile save(ToIntFunction<Pipe> pipes) {
    return new SavedFile.Directory(flags(), place(), listing, position);
  }

  @Nullable List<DirectoryEntry> listing() {
    return listing;
  }

  /** How many entries of the listing have been told. */
  int position() {
    return position;
  }

  void list(List<DirectoryEntry> entries) {
    changes();
    listing = entries;
  }

  void moveTo(int told) {
    changes();
    position = told;
  }

  @Override
  int read(SystemCalls guest, byte[] target) {
    throw new FileException(Errno.EISDIR);
  }

  @Override
  int readAt(long offset, byte[] target) {
    throw new FileException(Errno.EISDIR);
  }

  @Override
  int write(SystemCalls guest, byte[] source) {
    throw new FileException(Errno.EBADF); // it cannot have been opened for that
  }

  /** Offsets are numbers of entries. At the beginning, the directory is looked at anew. */
  @Override
  long seek(long offset, int whence) {
    long target =
        switch (whence) {
          case 0 -> offset;
          case 1 -> position + offset;
          default -> -1;
        };
    if (target < 0 || (whence == 1 && offset > Integer.MAX_VALUE)) {
      throw new FileException(Errno.EINVAL);
    }
    changes();
    position = (int) Math.min(target, Integer.MAX_VALUE);
    if (position == 0) {
      listing = null;
    }
    return position;
  }

  @Override
  int ready() {
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }
}

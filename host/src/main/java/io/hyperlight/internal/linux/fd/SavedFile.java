package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An {@link OpenFile} in a snapshot. Immutable; what it holds of the host is its snapshot's. */
sealed interface SavedFile {
  /** Access mode and status flags. */
  int flags();

  /** Where it is in the file system; null if it is not there. */
  @Nullable Location location();

  /** A standard stream, by number. */
  record Stream(int flags, int number) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /** A descriptor that host code answers, by the number of its extension. */
  record Channel(int flags, int index) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * A regular file or device.
   *
   * @param content as {@link FileContent#kept} gives it
   */
  record Content(int flags, FileContent content, Location location, long offset)
      implements SavedFile {}

  /**
   * A directory.
   *
   * @param listing what is being read of it; null before the first read, and if it is listed in
   *     pieces
   * @param position how many entries were told
   * @param last the last one of them, if that is known
   */
  record Directory(
      int flags,
      Location location,
      @Nullable List<DirectoryEntry> listing,
      int position,
      @Nullable String last)
      implements SavedFile {}

  /**
   * One end of a pipe, or of a FIFO.
   *
   * @param location of the FIFO
   * @param pipe its number in the snapshot
   * @param writersSeen as {@link Pipe#writersSeen} when it was opened
   */
  record End(int flags, @Nullable Location location, int pipe, long writersSeen)
      implements SavedFile {}

  /** What was opened as a path only. */
  record Path(int flags, Location location) implements SavedFile {}
}

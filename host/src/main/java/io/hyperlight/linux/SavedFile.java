package io.hyperlight.linux;

import io.hyperlight.files.DirectoryEntry;
import io.hyperlight.files.FileContent;
import io.hyperlight.files.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An {@link OpenFile} in a snapshot. Immutable; what it holds of the host is its snapshot's. */
sealed interface SavedFile {
  /** Access mode and status flags. */
  int flags();

  /** A standard stream, by number. */
  record Stream(int flags, int number) implements SavedFile {}

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
   * @param listing what is being read of it; null before the first read
   */
  record Directory(
      int flags, Location location, @Nullable List<DirectoryEntry> listing, int position)
      implements SavedFile {}

  /**
   * One end of a pipe.
   *
   * @param pipe its number in the snapshot
   */
  record End(int flags, int pipe) implements SavedFile {}

  /** What was opened as a path only. */
  record Path(int flags, Location location) implements SavedFile {}
}

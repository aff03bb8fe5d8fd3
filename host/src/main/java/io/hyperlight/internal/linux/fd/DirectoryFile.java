package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An open directory, with the position of its listing. */
public final class DirectoryFile extends OpenFile {
  /**
   * The entries at the start of the listing, so that none is returned twice or left out. Null for a
   * directory that is listed in pieces.
   */
  private @Nullable List<DirectoryEntry> listing;

  private long listingBytes;

  /** How many entries were returned. */
  private int position;

  /** The last entry that was returned; null if it is not known, or is "." or "..". */
  private @Nullable String last;

  public DirectoryFile(
      Changes changes,
      int flags,
      Location location,
      @Nullable List<DirectoryEntry> listing,
      int position,
      @Nullable String last) {
    super(changes, flags, location);
    this.listing = listing;
    listingBytes =
        listing == null ? 0 : listing.stream().mapToLong(DirectoryEntry::heapBytes).sum();
    this.position = position;
    this.last = last;
  }

  @Override
  public FileStatus status() {
    return place().node().status();
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Directory(flags(), place(), listing, position, last);
  }

  public @Nullable List<DirectoryEntry> listing() {
    return listing;
  }

  /** Returns how many entries were returned to the guest. */
  public int told() {
    return position;
  }

  @Override
  public long position() {
    return position;
  }

  /**
   * Lists the present entries.
   *
   * @throws FileException ENOMEM if there are too many to hold
   */
  public List<DirectoryEntry> list(
      List<DirectoryEntry> entries, HeapBudget heap, Checkpoint checkpoint) {
    long bytes = 0;
    for (DirectoryEntry entry : entries) {
      checkpoint.pass();
      bytes += entry.heapBytes();
    }
    heap.require(bytes);
    changes();
    listing = entries;
    listingBytes = bytes;
    return entries;
  }

  /**
   * Returns the last entry that was returned to the guest; null if it is not known, or is "." or
   * "..".
   */
  public @Nullable String last() {
    return last;
  }

  public void moveTo(int told, @Nullable String name) {
    changes();
    position = told;
    last = name;
  }

  @Override
  public long heapBytes() {
    return super.heapBytes() + listingBytes;
  }

  @Override
  int read(Caller caller, byte[] target) {
    throw new FileException(Errno.EISDIR);
  }

  @Override
  int readAt(long offset, byte[] target) {
    throw new FileException(Errno.EISDIR);
  }

  @Override
  int write(Caller caller, byte[] source) {
    throw new FileException(Errno.EBADF); // a directory cannot be opened for that
  }

  /** Moves the position. Offsets count entries. At offset 0, the directory is listed again. */
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
    int wanted = (int) Math.min(target, Integer.MAX_VALUE);
    if (wanted != position) {
      moveTo(wanted, null);
    }
    if (wanted == 0) {
      changes();
      listing = null;
      listingBytes = 0;
    }
    return wanted;
  }

  @Override
  int ready(Caller caller) {
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }
}

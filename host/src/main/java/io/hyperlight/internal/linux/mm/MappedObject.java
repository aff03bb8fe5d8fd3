package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import org.jspecify.annotations.Nullable;

/**
 * What a part of memory is of, if not of anonymous memory of its own. Counted by {@link
 * MappedAreas}, which closes it with its last area. For one thread at a time.
 */
public abstract sealed class MappedObject {
  private int areas;

  /** One more area is of it. */
  final void retain() {
    areas++;
  }

  /** One area less is of it; returns whether that was the last. */
  final boolean release() {
    return --areas == 0;
  }

  /** How many bytes it has now. Pages behind its end cannot be touched: SIGBUS. */
  abstract long size();

  /**
   * Copies bytes out.
   *
   * @return how many; 0 at the end
   * @throws FileException if reading fails
   */
  abstract int read(long offset, byte[] target, int length);

  /** Gives up what it holds. */
  void close() {}

  /** A regular file, which stays as long as it is mapped, also if it has no name any more. */
  public static final class OfFile extends MappedObject {
    private final FileContent content;
    private final @Nullable Location location;
    private final int device;
    private final long inode;

    /**
     * A file that is mapped.
     *
     * @param content to be closed with this
     * @param location null for the program's own file
     */
    OfFile(FileContent content, @Nullable Location location) {
      this.content = content;
      this.location = location;
      FileStatus status = content.status();
      device = status.device();
      inode = status.inode();
    }

    FileContent content() {
      return content;
    }

    public @Nullable Location location() {
      return location;
    }

    public int device() {
      return device;
    }

    public long inode() {
      return inode;
    }

    /** Whether it has a name still, or never had one. */
    public boolean isLinked() {
      try {
        return content.status().links() > 0;
      } catch (FileException e) {
        return false;
      }
    }

    /** Texts of pseudo files say that they are empty, as those of {@code proc(5)}. */
    @Override
    long size() {
      return content.kind() == FileKind.REGULAR ? content.status().size() : 0;
    }

    @Override
    int read(long offset, byte[] target, int length) {
      return content.read(offset, target, 0, length);
    }

    @Override
    void close() {
      content.close();
    }
  }

  /**
   * Shared memory without a name. As there is one process only, it is its own memory, but for what
   * {@code madvise} and {@code mremap} make of it.
   */
  public static final class SharedZeros extends MappedObject {
    private final long size;

    SharedZeros(long size) {
      this.size = size;
    }

    @Override
    long size() {
      return size;
    }

    @Override
    int read(long offset, byte[] target, int length) {
      return 0;
    }
  }
}

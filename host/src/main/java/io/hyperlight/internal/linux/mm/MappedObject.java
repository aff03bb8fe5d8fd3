package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.SharedContent;
import org.jspecify.annotations.Nullable;

/**
 * An object that memory can map: all but private anonymous memory. {@link MappedAreas} counts its
 * areas, and closes it with the last. For one thread at a time.
 */
public abstract sealed class MappedObject {
  private int areas;

  /** Counts one more area. */
  final void retain() {
    areas++;
  }

  /** Counts one area less. Returns whether it was the last. */
  final boolean release() {
    return --areas == 0;
  }

  /** Returns the present size in bytes. Touching a page past the end is SIGBUS. */
  abstract long size();

  /**
   * Copies bytes from the object.
   *
   * @return how many bytes were copied; 0 at the end
   * @throws FileException if reading fails
   */
  abstract int read(long offset, byte[] target, int length);

  /** Releases the resources of this object. */
  void close() {}

  /** A regular file. It stays open as long as it is mapped, even if it has no name any more. */
  public static final class OfFile extends MappedObject {
    private final FileContent content;
    private final @Nullable Location location;
    private final int device;
    private final long inode;

    /**
     * Creates the object of a file that is being mapped.
     *
     * @param content closed with this object
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

    /** Returns the contents if there can be writable shared mappings of them; else null. */
    @Nullable SharedContent shareable() {
      return content instanceof SharedContent shared && shared.isShareable() ? shared : null;
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

    /** Answers whether the file still has a name. True for a file that never had one. */
    public boolean isLinked() {
      try {
        return content.status().links() > 0;
      } catch (FileException e) {
        return false;
      }
    }

    /** Texts of pseudo files have size 0, as those of {@code proc(5)}. */
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
   * Shared memory without a name. As there is one process only, it is private in effect. Only
   * {@code madvise} and {@code mremap} treat it differently.
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

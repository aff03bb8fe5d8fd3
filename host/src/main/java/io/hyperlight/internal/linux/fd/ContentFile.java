package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;

/** An open regular file or device. */
public final class ContentFile extends OpenFile {
  private static final int SEEK_SET = 0;
  private static final int SEEK_CUR = 1;
  private static final int SEEK_END = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private final FileContent content;
  private final FileKind kind;
  private long offset;

  private ContentFile(
      Changes changes,
      int flags,
      FileContent content,
      FileKind kind,
      Location location,
      long offset) {
    super(changes, flags, location);
    this.content = content;
    this.kind = kind;
    this.offset = offset;
  }

  /** Opens a content. Takes ownership of it, and closes it if opening fails. */
  public static ContentFile of(
      Changes changes, int flags, FileContent content, Location location, long offset) {
    try {
      return new ContentFile(changes, flags, content, content.kind(), location, offset);
    } catch (Throwable t) {
      content.close();
      throw t;
    }
  }

  public FileContent content() {
    return content;
  }

  public boolean isRegular() {
    return kind == FileKind.REGULAR;
  }

  @Override
  public FileStatus status() {
    return content.status();
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Content(flags(), content.kept(), place(), offset);
  }

  @Override
  public long heapBytes() {
    return super.heapBytes() + content.heapBytes();
  }

  @Override
  public void free() {
    content.close();
  }

  @Override
  int read(Caller caller, byte[] target) {
    int length = readAt(offset, target);
    if (length > 0 && isRegular()) {
      changes();
      offset += length;
    }
    return length;
  }

  @Override
  int readAt(long at, byte[] target) {
    requireEnd(at, target.length);
    return content.read(at, target, 0, target.length);
  }

  @Override
  int write(Caller caller, byte[] source) {
    long at = has(OpenFlags.O_APPEND) && isRegular() ? content.status().size() : offset;
    int length = putAt(caller, at, source);
    if (isRegular()) {
      changes();
      offset = at + length;
    }
    return length;
  }

  /** Writes at an offset. With {@code O_APPEND} it writes at the end, as Linux does. */
  @Override
  int writeAt(Caller caller, long at, byte[] source) {
    if (hasNoEnd()) {
      throw new FileException(Errno.ESPIPE); // seq_open does not allow writes at an offset
    }
    return putAt(
        caller, has(OpenFlags.O_APPEND) && isRegular() ? content.status().size() : at, source);
  }

  private int putAt(Caller caller, long at, byte[] source) {
    if (source.length == 0) {
      return 0;
    }
    requireEnd(at, source.length);
    int length = isRegular() ? caller.fileSize().allowed(at, source.length) : source.length;
    return content.write(at, source, 0, length);
  }

  @Override
  boolean readsOn() {
    return true;
  }

  @Override
  boolean isAtEnd(long at) {
    return isRegular()
        && (at < 0 ? offset : at) >= content.status().size()
        && content.read(at < 0 ? offset : at, new byte[1], 0, 1) == 0;
  }

  @Override
  void requireEnd(long start, long length) {
    if ((start < 0 ? offset : start) > Long.MAX_VALUE - length) {
      throw new FileException(Errno.EINVAL);
    }
  }

  @Override
  long seek(long wanted, int whence) {
    if (!isRegular()) {
      return 0; // as for null(4) and its relatives
    }
    if (whence > SEEK_CUR && hasNoEnd()) {
      throw new FileException(Errno.EINVAL);
    }
    long size = content.status().size();
    long base =
        switch (whence) {
          case SEEK_SET -> 0;
          case SEEK_CUR -> offset;
          case SEEK_END -> size;
          case SEEK_DATA, SEEK_HOLE -> {
            if (wanted < 0 || wanted >= size) {
              throw new FileException(Errno.ENXIO);
            }
            long found = whence == SEEK_DATA ? content.nextData(wanted) : content.nextHole(wanted);
            if (found < 0) {
              throw new FileException(Errno.ENXIO);
            }
            yield found - wanted;
          }
          default -> throw new FileException(Errno.EINVAL);
        };
    long target = base + wanted;
    if (target < 0) {
      throw new FileException(Errno.EINVAL);
    }
    if (target != offset) {
      changes();
      offset = target;
    }
    return target;
  }

  private boolean hasNoEnd() {
    return place().node() instanceof PseudoNode made && !made.hasEnd();
  }

  @Override
  public long position() {
    return offset;
  }

  @Override
  void truncate(Caller caller, long size) {
    if (!isRegular()) {
      throw new FileException(Errno.EINVAL);
    }
    caller.fileSize().require(size, content.status().size());
    content.truncate(size);
  }

  @Override
  int ready(Caller caller) {
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }

  @Override
  int available() {
    if (!isRegular()) {
      throw new FileException(Errno.ENOTTY);
    }
    return Math.clamp(content.status().size() - offset, 0, Integer.MAX_VALUE);
  }
}

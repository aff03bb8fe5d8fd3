package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Location;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An open file description, as {@code open(2)} calls it: what descriptors have in common that were
 * duplicated from each other. It lives as long as one of them is open.
 *
 * <p>What a kind of file cannot do fails as Linux lets it fail, with a {@link FileException}. Who
 * reads or writes has asked {@link #isReadable} or {@link #isWritable} before.
 */
public abstract class OpenFile {
  static final int POLLIN = 1;
  static final int POLLOUT = 4;
  static final int POLLERR = 8;
  static final int POLLHUP = 0x10;
  static final int POLLRDNORM = 0x40;
  static final int POLLWRNORM = 0x100;

  private final Changes changes;
  private @Nullable Location location;
  private int flags;
  private int references;

  /** Keeps the file while a descriptor of it is open. */
  private Hold hold = Hold.NONE;

  /**
   * One that no descriptor has yet.
   *
   * @param flags access mode and status flags of {@link OpenFlags}
   * @param location null if it is not in the file system
   */
  OpenFile(Changes changes, int flags, @Nullable Location location) {
    this.changes = changes;
    this.flags = flags;
    this.location = location;
  }

  /** Has to be said before anything changes that a snapshot keeps. */
  public final void changes() {
    changes.note();
  }

  public final int flags() {
    return flags;
  }

  /** Sets those flags that can be set later. */
  final void setStatusFlags(int wanted) {
    changes();
    flags = (flags & ~OpenFlags.STATUS) | (wanted & OpenFlags.STATUS);
  }

  final boolean has(int flag) {
    return (flags & flag) != 0;
  }

  public boolean isReadable() {
    return OpenFlags.reads(flags);
  }

  public boolean isWritable() {
    return OpenFlags.writes(flags);
  }

  /** Counts another descriptor. */
  final void retain() {
    if (references++ == 0 && location != null) {
      hold = location.node().hold();
    }
  }

  /** Whether no descriptor has it, yet. */
  public final boolean isUnused() {
    return references == 0;
  }

  /** Counts a descriptor less; the last one frees what it holds. */
  final void release() {
    if (--references == 0) {
      hold.close();
      free();
    }
  }

  /** What this descriptor costs the heap; those that were duplicated share it. */
  final long heapShare() {
    return heapBytes() / Math.max(1, references);
  }

  /** What it costs the heap, roughly. */
  public long heapBytes() {
    return HeapBudget.FILE + (location == null ? 0 : HeapBudget.of(location));
  }

  /** Gives up what it holds. */
  public void free() {}

  public abstract FileStatus status();

  /** What {@code /proc/self/fd} says that it is. */
  public String name() {
    return place().path();
  }

  /** Where it is in the file system; null if it is not there. */
  public final @Nullable Location location() {
    return location;
  }

  /** The same of one that is there. */
  public final Location place() {
    return Objects.requireNonNull(location);
  }

  /** Follows it to where it is now. */
  final void moved(Location now) {
    changes();
    location = now;
  }

  /** For a snapshot. */
  abstract SavedFile save(ToIntFunction<Pipe> pipes);

  /**
   * Reads where it stands, and moves on.
   *
   * @return how many bytes; 0 at the end
   */
  abstract int read(Caller caller, byte[] target);

  /** Whether one can go on reading at once after as much was read as there was room for. */
  boolean readsOn() {
    return false;
  }

  /**
   * Whether it is known that there is nothing to read.
   *
   * @param at -1 for where it stands
   */
  boolean isAtEnd(long at) {
    return false;
  }

  /**
   * Makes sure that so many bytes behind an offset have offsets, too.
   *
   * @param start negative for where the file stands
   * @throws FileException EINVAL
   */
  void requireEnd(long start, long length) {}

  /** Reads at an offset that is not negative. */
  int readAt(long offset, byte[] target) {
    throw new FileException(Errno.ESPIPE);
  }

  /** Writes where it stands, and moves on; returns how many bytes. */
  abstract int write(Caller caller, byte[] source);

  /** Writes at an offset that is not negative. */
  int writeAt(Caller caller, long offset, byte[] source) {
    throw new FileException(Errno.ESPIPE);
  }

  /** Where it stands; 0 of what has no offsets. */
  public long position() {
    return 0;
  }

  /** {@code lseek(2)}. */
  long seek(long offset, int whence) {
    throw new FileException(Errno.ESPIPE);
  }

  /** {@code ftruncate(2)} to a size that is not negative. */
  void truncate(Caller caller, long size) {
    throw new FileException(Errno.EINVAL);
  }

  /** What {@code poll(2)} says of it. */
  abstract int ready();

  /** How many bytes can be read at once, for {@code FIONREAD}. */
  int available() {
    throw new FileException(Errno.ENOTTY);
  }
}

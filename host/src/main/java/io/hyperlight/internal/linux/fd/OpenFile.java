package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Location;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * An open file description, as {@code open(2)} calls it. Duplicated descriptors share one. It lives
 * as long as one of them is open.
 *
 * <p>An operation that a kind of file does not support fails with the error of Linux, as a {@link
 * FileException}. Callers check {@link #isReadable} before they read and {@link #isWritable} before
 * they write.
 */
public abstract class OpenFile {
  private final Changes changes;
  private @Nullable Location location;
  private int flags;
  private int references;

  /**
   * Those that watch this file, the oldest first. A guest may have thousands, and remove any of
   * them. Null before the first, so that closing other files needs no room on the heap.
   */
  private @Nullable SequencedSet<FileWatcher> watchers;

  /** Keeps the file alive while a descriptor of it is open. */
  private Hold hold = Hold.NONE;

  /**
   * Creates a file that no descriptor has yet.
   *
   * @param flags access mode and status flags of {@link OpenFlags}
   * @param location null if it is not in the file system
   */
  OpenFile(Changes changes, int flags, @Nullable Location location) {
    this.changes = changes;
    this.flags = flags;
    this.location = location;
  }

  /** Notes a change of state that a snapshot keeps. Call this before the change. */
  public final void changes() {
    changes.note();
  }

  public final int flags() {
    return flags;
  }

  /** Sets the flags that can change after opening. */
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

  /** Answers whether no descriptor has this file, or has it yet. */
  public final boolean isUnused() {
    return references == 0;
  }

  /** Counts one descriptor less. The last one frees the file. */
  final void release() {
    if (--references == 0) {
      try {
        while (watchers != null && !watchers.isEmpty()) {
          watchers.getLast().forget(); // which removes it
        }
      } finally {
        hold.close(); // needs no room on the heap
        free();
      }
    }
  }

  /** Adds a watcher, which is told when the last descriptor is closed. */
  final void addWatcher(FileWatcher watcher) {
    if (watchers == null) {
      watchers = new LinkedHashSet<>(2);
    }
    watchers.add(watcher);
  }

  final void removeWatcher(FileWatcher watcher) {
    if (watchers != null) {
      watchers.remove(watcher);
    }
  }

  final Collection<FileWatcher> watchers() {
    return watchers == null ? List.of() : watchers;
  }

  /** Returns one descriptor's share of the heap bytes. Duplicated descriptors share them. */
  final long heapShare() {
    return heapBytes() / Math.max(1, references);
  }

  /** Returns roughly how many bytes this file costs the Java heap. */
  public long heapBytes() {
    return HeapBudget.FILE + (location == null ? 0 : HeapBudget.of(location));
  }

  /** Releases the resources of this file. */
  public void free() {}

  public abstract FileStatus status();

  /** Returns the name in {@code /proc/self/fd}. */
  public String name() {
    return place().path();
  }

  /** Returns the location in the file system; null if this file is not in it. */
  public final @Nullable Location location() {
    return location;
  }

  /** Returns the location of a file that is in the file system. */
  public final Location place() {
    return Objects.requireNonNull(location);
  }

  /** Moves the file to its new location. */
  final void moved(Location now) {
    changes();
    location = now;
  }

  /** Returns this file for a snapshot. */
  abstract SavedFile save(FileSaver saver);

  /**
   * Reads at the current offset, and moves the offset.
   *
   * @return how many bytes; 0 at the end
   */
  abstract int read(Caller caller, byte[] target);

  /** Answers whether a read that filled its buffer may be followed by another at once. */
  boolean readsOn() {
    return false;
  }

  /**
   * Answers whether it is known that there is nothing to read.
   *
   * @param at -1 for the current offset
   */
  boolean isAtEnd(long at) {
    return false;
  }

  /**
   * Checks that the end of a range of bytes is a valid offset.
   *
   * @param start negative for the current offset
   * @throws FileException EINVAL
   */
  void requireEnd(long start, long length) {}

  /** Reads at an offset, which is not negative. */
  int readAt(long offset, byte[] target) {
    throw new FileException(Errno.ESPIPE);
  }

  /** Writes buffers at the current offset, and moves the offset. */
  long write(Caller caller, Buffers buffers) {
    requireEnd(-1, buffers.size());
    return Transfer.write(caller.checkpoint(), buffers, (bytes, _) -> write(caller, bytes));
  }

  /** Writes at the current offset, and moves the offset. Returns the number of bytes written. */
  abstract int write(Caller caller, byte[] source);

  /** Writes at an offset, which is not negative. */
  int writeAt(Caller caller, long offset, byte[] source) {
    throw new FileException(Errno.ESPIPE);
  }

  /** Returns the current offset; 0 for a file without offsets. */
  public long position() {
    return 0;
  }

  /** Moves the offset: {@code lseek(2)}. */
  long seek(long offset, int whence) {
    throw new FileException(Errno.ESPIPE);
  }

  /** Sets the size, which is not negative: {@code ftruncate(2)}. */
  void truncate(Caller caller, long size) {
    throw new FileException(Errno.EINVAL);
  }

  /** Returns the events that {@code poll(2)} reports to a task. */
  abstract int ready(Caller caller);

  /** Returns what tells that {@link #ready} may have changed; null if it never changes. */
  @Nullable Readiness readiness() {
    return null;
  }

  /** Adds what changes when one of these events, a hang-up or an error may have come. */
  void addSources(List<WaitSource> sources, int events) {
    Readiness there = readiness();
    if (there != null) {
      there.addTo(sources, events);
    }
  }

  /** Answers whether it becomes ready with the next request for a served program. */
  boolean isFromOutside() {
    return false;
  }

  /** Answers whether {@code epoll(7)} accepts this file. It accepts those that can be not ready. */
  boolean canBeWatched() {
    return readiness() != null;
  }

  /** Returns what {@code /proc/self/fdinfo} tells beside the lines that all files have. */
  public String information() {
    return "";
  }

  /** Returns a number of bytes that the next read does not exceed. */
  int mostToRead() {
    return Integer.MAX_VALUE;
  }

  /** Returns how many bytes can be read at once, for {@code FIONREAD}. */
  int available() {
    throw new FileException(Errno.ENOTTY);
  }
}

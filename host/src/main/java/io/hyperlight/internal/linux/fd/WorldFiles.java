package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.pseudo.HostChannels;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.ContentWatcher;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.PathLimits;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds the file state that all processes of a world share: the file system, and the open file
 * descriptions. Descriptors of any process can point to these.
 */
public final class WorldFiles implements AutoCloseable {
  private final Supplier<FileSystem> maker;
  private final List<ContentWatcher> watchers = new ArrayList<>(1);
  private final HeapBudget heap;
  private final StandardStreams streams;
  private final HostChannels channels;
  private final Checkpoint checkpoint;

  /** Set with the world, whose clocks the timers have. */
  private @Nullable TimerQueue timers;

  private final Changes changes = new Changes();
  private final Fifos fifos = new Fifos();
  private final List<ProcessFiles> processes = new ArrayList<>(1);
  private final InFlight inFlight = new InFlight();
  private final HeldFiles held = new HeldFiles();

  /** Created on first use, unless there are mounts: many guests never use a file. */
  private @Nullable FileSystem fileSystem;

  private int nextPipe;
  private int nextEvent;

  /**
   * Creates the files of a world without processes.
   *
   * @param maker makes the file system on first use
   */
  public WorldFiles(
      Supplier<FileSystem> maker,
      HeapBudget heap,
      StandardStreams streams,
      HostChannels channels,
      Checkpoint checkpoint) {
    this.maker = maker;
    this.heap = heap;
    this.streams = streams;
    this.channels = channels;
    this.checkpoint = checkpoint;
    heap.addUser(inFlight::heapBytes);
  }

  /** Sets the queue in which files have timers. */
  public void useTimers(TimerQueue queue) {
    timers = queue;
  }

  TimerQueue timers() {
    return Objects.requireNonNull(timers);
  }

  /** Adds the descriptors of another process. */
  void add(ProcessFiles files) {
    processes.add(files);
    heap.addUser(files::heapBytes);
  }

  /** Adds a watcher of writes to files. Call this before there is a file system. */
  public void addWatcher(ContentWatcher watcher) {
    watchers.add(watcher);
  }

  public FileSystem fileSystem() {
    FileSystem there = fileSystem;
    if (there == null) {
      there = maker.get();
      try {
        watchers.forEach(there::watch);
      } catch (Throwable t) {
        there.close();
        throw t;
      }
      fileSystem = there;
    }
    return there;
  }

  /** Null before its first use. */
  @Nullable FileSystem existing() {
    return fileSystem;
  }

  public Changes changes() {
    return changes;
  }

  public Fifos fifos() {
    return fifos;
  }

  public StandardStreams streams() {
    return streams;
  }

  public HostChannels channels() {
    return channels;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Returns the files that tasks use in calls that wait. */
  HeldFiles held() {
    return held;
  }

  /** Returns the files that are in messages of sockets. */
  InFlight inFlight() {
    return inFlight;
  }

  /** Drops the sockets that nobody can receive any more, after descriptors were closed. */
  void collectSockets() {
    if (!inFlight.isEmpty()) {
      List<OpenFile> open = new ArrayList<>();
      for (ProcessFiles process : processes) {
        process.addOpen(open);
      }
      inFlight.collect(open, checkpoint);
    }
  }

  /** Drops the files that only calls and messages have, after all descriptors were closed. */
  void dropWithoutDescriptors() {
    held.clear();
    inFlight.dropAll();
  }

  Pipe newPipe() {
    changes.note();
    return new Pipe(nextPipe++);
  }

  /** Returns the inode of a new socket, which no pipe has. */
  long newSocket() {
    return newPipe().inode();
  }

  /** Sets the pipes and sockets of a restored state, so that new ones get other numbers. */
  void setPipes(List<Pipe> pipes, List<SavedFile> files) {
    nextPipe = 0;
    for (Pipe pipe : pipes) {
      nextPipe = Math.max(nextPipe, pipe.number() + 1);
    }
    for (SavedFile file : files) {
      if (file instanceof SavedFile.Socket socket) {
        nextPipe = Math.max(nextPipe, Pipe.numberOf(socket.inode()) + 1);
      }
    }
  }

  /** Returns a number for a new counter of events. */
  int newEventNumber() {
    changes.note();
    return nextEvent++;
  }

  /** Sets the counters of a restored state, so that new ones get other numbers. */
  void setEventNumber(List<SavedFile> files) {
    nextEvent = 0;
    for (SavedFile file : files) {
      if (file instanceof SavedFile.Event event) {
        nextEvent = Math.max(nextEvent, event.number() + 1);
      }
    }
  }

  /** Marks open files and working directories whose name was removed. */
  public void removed(Location gone) {
    for (ProcessFiles process : processes) {
      process.removed(gone);
    }
  }

  /** Holds what a rename changes in descriptors and working directories. */
  public static final class Following {
    private final List<Runnable> moves = new ArrayList<>();
    private long moreBytes;

    /** Applies the changes after the rename. This cannot fail. */
    public void follow() {
      moves.forEach(Runnable::run);
    }

    /** Adds an open file or directory with its location after the rename. */
    void add(Location before, Location there, Runnable move) {
      if (there.depth() > PathLimits.DEEPEST) {
        throw new FileException(Errno.ENAMETOOLONG);
      }
      moreBytes += HeapBudget.of(there) - HeapBudget.of(before);
      moves.add(move);
    }
  }

  /**
   * Finds out what a rename changes, so that ".." and {@code getcwd} follow it. Call this before
   * the rename, since the call can be ended here.
   *
   * @param before the file or directory before the rename
   * @param then the same after the rename
   * @throws FileException ENAMETOOLONG if something would be deeper than locations can be; ENOMEM
   */
  public Following following(Location before, Location then) {
    Following following = new Following();
    IdentityHashMap<Location, Location> known = new IdentityHashMap<>();
    for (ProcessFiles process : processes) {
      process.follow(before, then, known, following);
    }
    heap.require(following.moreBytes);
    return following;
  }

  /** Releases all open host resources. A second call does nothing. */
  @Override
  public void close() {
    try {
      if (fileSystem != null) {
        fileSystem.forgetHolds();
      }
    } finally {
      try {
        Closing.all(processes, ProcessFiles::close);
      } finally {
        if (fileSystem != null) {
          fileSystem.close();
        }
      }
    }
  }
}

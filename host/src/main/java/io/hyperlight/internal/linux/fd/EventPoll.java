package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLERR;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLHUP;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;

import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.linux.wait.Waiter;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The files in which a program is interested, and a list of those that may be ready: {@code
 * epoll(7)}.
 *
 * <p>A file enters the list when its {@link Readiness} changes. Whoever takes events looks at the
 * files in the order of the list, and drops those that are not ready. A file that is ready goes to
 * the end of the list again, unless it is watched for edges (EPOLLET).
 */
final class EventPoll extends AnonymousFile {
  static final int ONE_SHOT = 1 << 30;
  static final int EDGES = 1 << 31;
  static final int EXCLUSIVE = 1 << 28;
  static final int WAKE_UP = 1 << 29;

  /** The bits that say how to watch. An entry with only these is disabled. */
  private static final int MANNER = ONE_SHOT | EDGES | EXCLUSIVE | WAKE_UP;

  /** The size of an entry on the Java heap, with its places in lists. */
  static final long ENTRY_BYTES = 320;

  /**
   * Names an entry: a file, and the descriptor by which it was added.
   *
   * @param file is equal only to itself
   */
  private record Key(OpenFile file, int descriptor) {}

  /** Takes an event. */
  @FunctionalInterface
  interface Target {
    /** Writes an event for the guest, which may fail. */
    void put(int index, int events, long data);
  }

  private final Readiness readiness = new Readiness();
  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private final LinkedHashSet<Entry> ready = new LinkedHashSet<>();

  EventPoll(Changes changes, int flags) {
    super(changes, flags, "[eventpoll]");
  }

  /** A file that is watched. */
  private final class Entry implements Waiter, FileWatcher {
    private final Key key;
    private final Readiness source;
    private int events;
    private long data;

    Entry(Key key, int events, long data) {
      this.key = key;
      this.events = events;
      this.data = data;
      Readiness found = key.file.readiness();
      source = found == null ? new Readiness() : found; // of a file that is always ready
      source.input().addFirst(this);
      source.output().addFirst(this);
      source.hangUp().addFirst(this);
      key.file.addWatcher(this);
    }

    boolean isDisabled() {
      return (events & ~MANNER) == 0;
    }

    int ready(Caller caller) {
      return isDisabled() ? 0 : key.file.ready(caller) & events;
    }

    @Override
    public void changed(WaitSource of) {
      if (!isDisabled() && source.concerns(of, events)) {
        enter(this);
      }
    }

    @Override
    public void forget() {
      changes();
      stop();
      entries.remove(key);
      ready.remove(this);
    }

    void stop() {
      source.input().remove(this);
      source.output().remove(this);
      source.hangUp().remove(this);
      key.file.removeWatcher(this);
    }

    @Override
    public OpenFile owner() {
      return EventPoll.this;
    }
  }

  private void enter(Entry entry) {
    changes();
    ready.add(entry);
    readiness.input().changed();
  }

  private void enterIfReady(Entry entry, Caller caller) {
    if (entry.ready(caller) != 0) {
      enter(entry);
    }
  }

  boolean has(OpenFile file, int descriptor) {
    return entries.containsKey(new Key(file, descriptor));
  }

  /** Answers whether an entry is exclusive. False if there is no such entry. */
  boolean isExclusive(OpenFile file, int descriptor) {
    Entry entry = entries.get(new Key(file, descriptor));
    return entry != null && (entry.events & EXCLUSIVE) != 0;
  }

  /** Adds a file that is not there. */
  void add(Caller caller, OpenFile file, int descriptor, int events, long data) {
    changes();
    Key key = new Key(file, descriptor);
    Entry entry = new Entry(key, events | POLLERR | POLLHUP, data);
    entries.put(key, entry);
    enterIfReady(entry, caller);
  }

  /** Changes an entry. Returns false if there is none. */
  boolean modify(Caller caller, OpenFile file, int descriptor, int events, long data) {
    Entry entry = entries.get(new Key(file, descriptor));
    if (entry == null) {
      return false;
    }
    changes();
    entry.events = events | POLLERR | POLLHUP;
    entry.data = data;
    enterIfReady(entry, caller);
    return true;
  }

  /** Removes an entry. Returns false if there is none. */
  boolean remove(OpenFile file, int descriptor) {
    Entry entry = entries.get(new Key(file, descriptor));
    if (entry == null) {
      return false;
    }
    entry.forget();
    return true;
  }

  /** Returns the files that are watched. One may be there several times. */
  List<OpenFile> watched() {
    return entries.keySet().stream().map(Key::file).toList();
  }

  /**
   * Takes events of files that are ready.
   *
   * @param most how many at most; positive
   * @return how many
   */
  int take(Caller caller, int most, Target target) {
    if (ready.isEmpty()) {
      return 0;
    }
    changes();
    List<Entry> listed = new ArrayList<>(ready);
    List<Entry> again = new ArrayList<>();
    ready.clear();
    int count = 0;
    int next = 0;
    try {
      for (; next < listed.size() && count < most; next++) {
        caller.checkpoint().pass();
        Entry entry = listed.get(next);
        int found = entry.ready(caller);
        if (found != 0) {
          target.put(count, found, entry.data);
          count++;
          if ((entry.events & ONE_SHOT) != 0) {
            entry.events &= MANNER;
          } else if ((entry.events & EDGES) == 0) {
            again.add(entry);
          }
        }
      }
    } catch (RuntimeException e) {
      if (count == 0 || !(e instanceof GuestAddressException)) {
        throw e;
      }
    } finally {
      // Those that nobody has looked at come first.
      List<Entry> late = new ArrayList<>(ready);
      ready.clear();
      ready.addAll(listed.subList(next, listed.size()));
      ready.addAll(late);
      ready.addAll(again);
    }
    return count;
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A request for a served program comes from outside. The task waits for it itself, so that it
   * is known to wait for that.
   */
  @Override
  void addSources(List<WaitSource> sources, int events) {
    super.addSources(sources, events);
    for (Entry entry : entries.values()) {
      if (!entry.isDisabled() && entry.key.file.isFromOutside()) {
        entry.key.file.addSources(sources, entry.events);
      }
    }
  }

  @Override
  boolean isFromOutside() {
    return entries.values().stream().anyMatch(entry -> entry.key.file.isFromOutside());
  }

  /** Looks at the entries in the list, until one is ready. Drops the others from the list. */
  @Override
  int ready(Caller caller) {
    for (Iterator<Entry> each = ready.iterator(); each.hasNext(); ) {
      caller.checkpoint().pass();
      if (each.next().ready(caller) != 0) {
        return POLLIN | POLLRDNORM;
      }
      changes();
      each.remove();
    }
    return 0;
  }

  @Override
  public long heapBytes() {
    return super.heapBytes() + entries.size() * ENTRY_BYTES;
  }

  @Override
  public void free() {
    entries.values().forEach(Entry::stop);
    entries.clear();
    ready.clear();
  }

  @Override
  public String information() {
    StringBuilder lines = new StringBuilder();
    for (Entry entry : entries.values()) {
      FileStatus status = entry.key.file.status();
      lines.append(
          "tfd: %8d events: %8x data: %16x  pos:%d ino:%x sdev:%x\n"
              .formatted(
                  entry.key.descriptor,
                  entry.events,
                  entry.data,
                  entry.key.file.position(),
                  status.inode(),
                  status.device()));
    }
    return lines.toString();
  }

  @Override
  SavedFile save(FileSaver saver) {
    List<Entry> order = new ArrayList<>(entries.values());
    List<Entry> listed = new ArrayList<>(ready);
    return new SavedFile.Watch(
        flags(),
        order.stream()
            .map(entry ->
                new SavedFile.Interest(
                    saver.file(entry.key.file),
                    entry.key.descriptor,
                    entry.events,
                    entry.data,
                    listed.indexOf(entry)))
            .toList());
  }

  /** Adds the entries of a snapshot to a new file. */
  void restore(List<SavedFile.Interest> saved, IntFunction<OpenFile> files) {
    @Nullable Entry[] listed = new @Nullable Entry[saved.size()];
    for (SavedFile.Interest interest : saved) {
      Key key = new Key(files.apply(interest.file()), interest.descriptor());
      Entry entry = new Entry(key, interest.events(), interest.data());
      entries.put(key, entry);
      if (interest.place() >= 0) {
        listed[interest.place()] = entry;
      }
    }
    for (Entry entry : listed) {
      if (entry != null) {
        ready.add(entry);
      }
    }
  }
}

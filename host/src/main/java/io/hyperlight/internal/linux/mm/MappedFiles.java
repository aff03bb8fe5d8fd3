package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.ContentWatcher;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.SharedContent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The mapped files of a process. It updates mappings when their files are written. Pages show new
 * contents as long as the program has not changed them itself. Pages past a file's new end are
 * gone. A page that the program could write counts as unchanged if it equals the file.
 *
 * <p>A restore resets all of it. It costs nothing if nothing has changed.
 */
public final class MappedFiles implements ContentWatcher {
  private static final int PAGE_SIZE = (int) Mappings.PAGE_SIZE;

  /** Stands in place of an object in a snapshot, which must not hold this guest's files. */
  private static final MappedObject NOTHING = new MappedObject.SharedZeros(0);

  /** Identifies a file. */
  private record Key(int device, long inode) {}

  private final Mappings mappings;
  private final MappedAreas areas;
  private final int most;
  private final Runnable stopOthers;
  private final Map<Key, MappedObject.OfFile> files = new HashMap<>();

  /** The program's own file; null if no part of it is mapped. */
  private @Nullable MappedObject program;

  /** The areas at the program's start. */
  private List<MappedArea> initial = List.of();

  /** The state to which all this was restored last. */
  private @Nullable MappingState base;

  // The change that is in progress.
  private MappedObject.@Nullable OfFile changing;
  private long sizeBefore;
  private final List<MappedArea> stale = new ArrayList<>();

  /**
   * Creates a record without files.
   *
   * @param most how many files there may be: each file of the host takes a descriptor
   * @param stopOthers stops the process's other threads until the present system call is over
   */
  MappedFiles(Mappings mappings, MappedAreas areas, int most, Runnable stopOthers) {
    this.mappings = mappings;
    this.areas = areas;
    this.most = most;
    this.stopOthers = stopOthers;
  }

  /** Forgets an object that is not mapped any more. */
  void forget(MappedObject object) {
    if (object instanceof MappedObject.OfFile file) {
      files.remove(new Key(file.device(), file.inode()), file);
    }
  }

  /**
   * Returns what the locations of mapped files cost the Java heap. These files need not be open.
   */
  public long heapBytes() {
    long bytes = 0;
    for (MappedObject.OfFile file : files.values()) {
      bytes += heapBytes(file.location());
    }
    return bytes;
  }

  private static long heapBytes(@Nullable Location location) {
    return HeapBudget.FILE + (location == null ? 0 : HeapBudget.of(location));
  }

  /**
   * Returns the object of an open file, which may be mapped already.
   *
   * @param heap must have room for the file's location
   * @throws FileException ENFILE if there are too many, ENOMEM
   */
  MappedObject.OfFile of(
      FileContent content, Location location, Counterparts system, HeapBudget heap) {
    Key key = keyOf(content);
    MappedObject.OfFile known = files.get(key);
    if (known != null) {
      return known;
    }
    heap.require(heapBytes(location));
    if (files.size() >= most) {
      throw new FileException(Errno.ENFILE);
    }
    return open(key, content, location, system);
  }

  private static Key keyOf(FileContent content) {
    FileStatus status = content.status();
    return new Key(status.device(), status.inode());
  }

  private MappedObject.OfFile open(
      Key key, FileContent content, Location location, Counterparts system) {
    FileContent own =
        content instanceof SharedContent shared ? shared.mapped(system) : content.in(system);
    MappedObject.OfFile file = open(own, location);
    files.put(key, file);
    return file;
  }

  /** Creates an object. Takes ownership of the content, and closes it on failure. */
  private static MappedObject.OfFile open(FileContent content, @Nullable Location location) {
    try {
      return new MappedObject.OfFile(content, location);
    } catch (Throwable t) {
      content.close();
      throw t;
    }
  }

  /** Ends a hold on an object. Closes it if it is not mapped. */
  void release(MappedObject object) {
    if (object.release()) {
      forget(object);
      object.close();
    }
  }

  /** Adds an area that the program starts with. Call this before {@link #begun}. */
  public void begin(long start, long end, Protection protection, FileContent own, long offset) {
    MappedObject object = program;
    if (object == null) {
      object = new MappedObject.OfFile(own, null);
      program = object;
    }
    object.retain(); // one more than its areas, so that it stays open
    areas.put(area(start, end, protection, object, offset));
  }

  /** Keeps the present areas as the program's initial state. */
  public void begun() {
    initial = areas.all();
    areas.forgetChanges();
    base = MappingState.INITIAL;
  }

  /** Adds a mapped part of a file, whatever the limit is. */
  public void add(
      long start,
      long end,
      Protection protection,
      FileContent content,
      Location location,
      long offset,
      Counterparts system) {
    Key key = keyOf(content);
    MappedObject.OfFile known = files.get(key);
    MappedObject.OfFile file = known != null ? known : open(key, content, location, system);
    areas.put(area(start, end, protection, file, offset));
  }

  private static MappedArea area(
      long start, long end, Protection protection, MappedObject object, long offset) {
    return new MappedArea(
        start, end, object, offset, false, true, protection, protection.writable());
  }

  /** Returns a copy of all state. The caller closes it. */
  public MappingState freeze() {
    List<MappedArea> all = areas.all();
    if (all.equals(initial)) {
      return MappingState.INITIAL;
    }
    IdentityHashMap<MappedObject, Integer> numbers = new IdentityHashMap<>();
    List<MappingState.SavedObject> objects = new ArrayList<>();
    List<MappingState.SavedArea> saved = new ArrayList<>();
    try {
      for (MappedArea area : all) {
        Integer known = numbers.get(area.object());
        if (known == null) {
          known = objects.size();
          objects.add(save(area.object()));
          numbers.put(area.object(), known);
        }
        saved.add(new MappingState.SavedArea(area.of(NOTHING), known));
      }
      return new MappingState(objects, saved);
    } catch (Throwable t) {
      MappingState.close(objects);
      throw t;
    }
  }

  private static MappingState.SavedObject save(MappedObject object) {
    return switch (object) {
      case MappedObject.OfFile file ->
          new MappingState.SavedObject(file.content().kept(), file.location(), 0);
      case MappedObject.SharedZeros zeros -> new MappingState.SavedObject(null, null, zeros.size());
    };
  }

  /**
   * Restores an earlier state, which may be of another guest with the same mounts. Call this after
   * the address space and the files were restored.
   *
   * @param system used only if files are mapped
   */
  public void restore(MappingState earlier, Supplier<Counterparts> system) {
    // A restore makes open contents of files in memory invalid, so these are opened again.
    if (earlier == base && !areas.changed() && allOutliveRestores()) {
      return;
    }
    base = null; // until the restore is done
    areas.clear();
    if (earlier.isInitial()) {
      initial.forEach(areas::put);
    } else {
      List<MappedObject> objects = openAll(earlier.objects(), system);
      for (MappedObject opened : objects) {
        if (opened instanceof MappedObject.OfFile file && file.location() != null) {
          files.put(new Key(file.device(), file.inode()), file);
        }
      }
      for (MappingState.SavedArea saved : earlier.areas()) {
        areas.put(saved.area().of(objects.get(saved.object())));
      }
    }
    areas.forgetChanges();
    base = earlier;
  }

  private static List<MappedObject> openAll(
      List<MappingState.SavedObject> saved, Supplier<Counterparts> system) {
    List<MappedObject> objects = new ArrayList<>(saved.size());
    IdentityHashMap<Location, Location> known = new IdentityHashMap<>();
    try {
      for (MappingState.SavedObject object : saved) {
        objects.add(open(object, system, known));
      }
      return objects;
    } catch (Throwable t) {
      objects.forEach(MappedObject::close); // no area has them yet
      throw t;
    }
  }

  private boolean allOutliveRestores() {
    if (files.isEmpty()) {
      return true; // no iterator: every restore calls this
    }
    for (MappedObject.OfFile file : files.values()) {
      if (!file.content().outlivesRestore()) {
        return false;
      }
    }
    return true;
  }

  private static MappedObject open(
      MappingState.SavedObject saved,
      Supplier<Counterparts> system,
      IdentityHashMap<Location, Location> known) {
    FileContent content = saved.content();
    if (content == null) {
      return new MappedObject.SharedZeros(saved.size());
    }
    Location location = saved.location();
    return open(
        content.in(system.get()), location == null ? null : location.in(system.get(), known));
  }

  /** Releases the host resources of this process's mappings. A second call does nothing. */
  public void close() {
    areas.clear();
  }

  // Accesses to files.

  @Override
  public void reading(int device, long inode, long from, long to) {
    if (areas.mayHaveWritten()) {
      MappedObject.OfFile file = files.get(new Key(device, inode));
      if (file != null) {
        mappings.sharedPages().putBack(file, from, to);
      }
    }
  }

  @Override
  public boolean isMappedWritable(int device, long inode) {
    MappedObject.OfFile file = files.get(new Key(device, inode));
    return file != null
        && areas.of(file).stream().anyMatch(area -> area.shared() && area.mayBecomeWritable());
  }

  @Override
  public void readingAll() {
    mappings.sharedPages().putBackAll();
  }

  @Override
  public boolean changing(int device, long inode, long from, long to) {
    if (files.isEmpty()) {
      return false;
    }
    MappedObject.OfFile file = files.get(new Key(device, inode));
    if (file == null) {
      return false;
    }
    stopOthers.run(); // a page that is compared and then replaced must not change in between
    mappings.sharedPages().putBack(file, from, to);
    changing = file;
    sizeBefore = file.size();
    stale.clear();
    for (MappedArea area : areas.of(file)) {
      long end = area.endOfContents(sizeBefore);
      long first = Math.max(from, area.offset()) & -Mappings.PAGE_SIZE;
      if (first < to && first - area.offset() < end - area.start()) {
        long last = Math.min(to, area.offset() + (end - area.start()));
        MappedArea part =
            area.within(
                area.start() + (first - area.offset()),
                Math.min(end, area.start() + pageEnd(last - area.offset())));
        addUnchanged(part);
      }
    }
    return true;
  }

  private static long pageEnd(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  /** Adds the pages of a part that still show the file. */
  private void addUnchanged(MappedArea part) {
    if (!part.wasWritable() || part.hasPagesOfFile()) {
      stale.add(part);
      return;
    }
    byte[] contents = new byte[PAGE_SIZE];
    byte[] page = new byte[PAGE_SIZE];
    for (long at = part.start(); at < part.end(); at += PAGE_SIZE) {
      mappings.checkpoint().pass(2);
      if (!mappings.space().unbacked(at, PAGE_SIZE).isEmpty()) {
        continue;
      }
      Arrays.fill(contents, (byte) 0);
      part.object().read(part.offsetOf(at), contents, PAGE_SIZE);
      mappings.space().copyOut(at, page, PAGE_SIZE);
      if (Arrays.equals(contents, page)) {
        add(part.within(at, at + PAGE_SIZE));
      }
    }
  }

  private void add(MappedArea page) {
    if (!stale.isEmpty() && stale.getLast().isContinuedBy(page)) {
      stale.set(stale.size() - 1, stale.getLast().upTo(page.end()));
    } else {
      stale.add(page);
    }
  }

  @Override
  public void changed() {
    MappedObject.OfFile file = changing;
    if (file == null) {
      return;
    }
    changing = null;
    mappings.sharedPages().withoutPuttingBack(() -> follow(file));
  }

  /** Updates the mappings of a file that has changed. */
  private void follow(MappedObject.OfFile file) {
    long size = file.size();
    if (size != sizeBefore) {
      areas.of(file).forEach(area -> resize(area, size));
    }
    for (MappedArea part : stale) {
      mappings.refresh(part, part.start(), part.endOfContents(size));
    }
    for (MappedArea part : SharedPages.of(stale)) {
      mappings.sharedPages().releaseHoles(part.upTo(part.endOfContents(size)));
    }
    stale.clear();
  }

  private void resize(MappedArea area, long size) {
    long before = area.endOfContents(sizeBefore);
    long now = area.endOfContents(size);
    if (now < before) {
      mappings.reserve(area, now, before);
    } else if (now > before && area.hasPagesOfFile()) {
      mappings.space().protectUntouched(before, now - before, area.protection());
    } else if (now > before) {
      mappings.protectPages(before, now, area.protection());
    }
  }
}

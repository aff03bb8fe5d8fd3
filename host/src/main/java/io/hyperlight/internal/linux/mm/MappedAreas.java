package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Records which object each part of memory maps, however the parts were cut and moved. All other
 * mapped memory is anonymous. Neighbours that continue each other are joined. For one thread at a
 * time.
 */
final class MappedAreas {
  /** Disjoint areas by their first addresses. */
  private final TreeMap<Long, MappedArea> areas = new TreeMap<>();

  private final Consumer<MappedObject> closed;
  private final Checkpoint checkpoint;
  private boolean changed = true;

  /** The number of areas through which the program may have written to files. */
  private int writing;

  /**
   * Creates an empty record.
   *
   * @param closed is told of objects that have no area any more
   */
  MappedAreas(Consumer<MappedObject> closed, Checkpoint checkpoint) {
    this.closed = closed;
    this.checkpoint = checkpoint;
  }

  /** Returns the number of areas. Each costs the host some memory. */
  int count() {
    return areas.size();
  }

  /** Answers whether anything changed since {@link #forgetChanges} was called. */
  boolean changed() {
    return changed;
  }

  /** Answers whether the program may have written to a file through any area. */
  boolean mayHaveWritten() {
    return writing > 0;
  }

  void forgetChanges() {
    changed = false;
  }

  /** Returns all areas, ascending. */
  List<MappedArea> all() {
    return List.copyOf(areas.values());
  }

  /** Returns the areas of one object, ascending. */
  List<MappedArea> of(MappedObject object) {
    List<MappedArea> found = new ArrayList<>();
    for (MappedArea area : areas.values()) {
      checkpoint.pass();
      if (area.object() == object) {
        found.add(area);
      }
    }
    return found;
  }

  /** Returns the parts of areas within a range, ascending. */
  List<MappedArea> within(long start, long end) {
    List<MappedArea> parts = new ArrayList<>();
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(start);
    if (before != null && before.getValue().end() > start) {
      parts.add(before.getValue().within(start, end));
    }
    for (MappedArea area : areas.subMap(start, true, end, false).values()) {
      checkpoint.pass();
      parts.add(area.within(start, end));
    }
    return parts;
  }

  /** Returns the first area that ends after an address; null if there is none. */
  @Nullable MappedArea from(long address) {
    Map.Entry<Long, MappedArea> at = areas.floorEntry(address);
    if (at != null && at.getValue().end() > address) {
      return at.getValue();
    }
    Map.Entry<Long, MappedArea> next = areas.higherEntry(address);
    return next == null ? null : next.getValue();
  }

  /** Answers whether no area extends across an address. */
  boolean isEdge(long address) {
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(address);
    return before == null || before.getValue().end() <= address;
  }

  /** Adds an area where there is none. */
  void put(MappedArea added) {
    MappedArea area = added;
    area.object().retain();
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(area.start());
    if (before != null && before.getValue().isContinuedBy(area)) {
      drop(before.getValue());
      area = before.getValue().upTo(area.end());
    }
    MappedArea behind = areas.get(area.end());
    if (behind != null && area.isContinuedBy(behind)) {
      drop(behind);
      area = area.upTo(behind.end());
    }
    add(area);
    changed = true;
  }

  /**
   * Drops an area that was joined with a neighbour. The object cannot go: the neighbour has it too.
   */
  private void drop(MappedArea joined) {
    take(joined);
    joined.object().release();
  }

  /** Removes areas, and parts of areas, in a range. */
  void remove(long start, long end) {
    List<MappedArea> touched = new ArrayList<>();
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(start);
    if (before != null && before.getValue().end() > start) {
      touched.add(before.getValue());
    }
    touched.addAll(areas.subMap(start, true, end, false).values());
    for (MappedArea area : touched) {
      checkpoint.pass();
      take(area);
      if (area.start() < start) {
        keep(area.within(area.start(), start));
      }
      if (area.end() > end) {
        keep(area.within(end, area.end()));
      }
      release(area.object());
      changed = true;
    }
  }

  /** Replaces what is in the area's range, which may be of the same object. */
  void replace(MappedArea changed) {
    changed.object().retain(); // keeps the object open in between
    remove(changed.start(), changed.end());
    put(changed);
    changed.object().release();
  }

  private void keep(MappedArea rest) {
    rest.object().retain();
    add(rest);
  }

  private void add(MappedArea area) {
    areas.put(area.start(), area);
    writing += area.mayHaveWritten() ? 1 : 0;
  }

  private void take(MappedArea area) {
    areas.remove(area.start());
    writing -= area.mayHaveWritten() ? 1 : 0;
  }

  private void release(MappedObject object) {
    if (object.release()) {
      closed.accept(object);
      object.close();
    }
  }

  /** Removes all areas. */
  void clear() {
    for (Iterator<MappedArea> all = areas.values().iterator(); all.hasNext(); ) {
      MappedObject object = all.next().object();
      all.remove();
      release(object);
    }
    writing = 0;
    changed = true;
  }
}

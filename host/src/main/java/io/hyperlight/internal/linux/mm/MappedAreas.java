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
 * Which parts of memory are of what objects, however they were cut and moved. All else that is
 * mapped is anonymous. Neighbours that continue each other are one. For one thread at a time.
 */
final class MappedAreas {
  /** By their first addresses; disjoint. */
  private final TreeMap<Long, MappedArea> areas = new TreeMap<>();

  private final Consumer<MappedObject> closed;
  private final Checkpoint checkpoint;
  private boolean changed = true;

  /**
   * None.
   *
   * @param closed hears of objects of which there is no area any more
   */
  MappedAreas(Consumer<MappedObject> closed, Checkpoint checkpoint) {
    this.closed = closed;
    this.checkpoint = checkpoint;
  }

  /** How many there are, each of which costs the host some memory. */
  int count() {
    return areas.size();
  }

  /** Whether it is different from when {@link #forgetChanges} was called. */
  boolean changed() {
    return changed;
  }

  void forgetChanges() {
    changed = false;
  }

  /** All of them, ascending. */
  List<MappedArea> all() {
    return List.copyOf(areas.values());
  }

  /** Those of one object, ascending. */
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

  /** The parts of them within a range, ascending. */
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

  /** The first that does not end at an address or before; null if there is none. */
  @Nullable MappedArea from(long address) {
    Map.Entry<Long, MappedArea> at = areas.floorEntry(address);
    if (at != null && at.getValue().end() > address) {
      return at.getValue();
    }
    Map.Entry<Long, MappedArea> next = areas.higherEntry(address);
    return next == null ? null : next.getValue();
  }

  /** Whether none of them goes on across an address. */
  boolean isEdge(long address) {
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(address);
    return before == null || before.getValue().end() <= address;
  }

  /** Adds one where there is none. */
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
    areas.put(area.start(), area);
    changed = true;
  }

  /** Joined with a neighbour of the same object, which so has another area still. */
  private void drop(MappedArea joined) {
    areas.remove(joined.start());
    joined.object().release();
  }

  /** Takes away what there is in a range. */
  void remove(long start, long end) {
    List<MappedArea> touched = new ArrayList<>();
    Map.Entry<Long, MappedArea> before = areas.lowerEntry(start);
    if (before != null && before.getValue().end() > start) {
      touched.add(before.getValue());
    }
    touched.addAll(areas.subMap(start, true, end, false).values());
    for (MappedArea area : touched) {
      checkpoint.pass();
      areas.remove(area.start());
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

  /** Puts one in the place of what there is, which may be of the same object. */
  void replace(MappedArea changed) {
    changed.object().retain(); // it is not to be closed in between
    remove(changed.start(), changed.end());
    put(changed);
    changed.object().release();
  }

  private void keep(MappedArea rest) {
    rest.object().retain();
    areas.put(rest.start(), rest);
  }

  private void release(MappedObject object) {
    if (object.release()) {
      closed.accept(object);
      object.close();
    }
  }

  /** Takes all away. */
  void clear() {
    for (Iterator<MappedArea> all = areas.values().iterator(); all.hasNext(); ) {
      MappedObject object = all.next().object();
      all.remove();
      release(object);
    }
    changed = true;
  }
}

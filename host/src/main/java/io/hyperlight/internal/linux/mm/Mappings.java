package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.FirstContents;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.MappingSource;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The mappings of a process. Every change of them goes through here. So {@link AddressSpace}, which
 * has the pages, and {@link MappedAreas}, which has the objects, always agree.
 *
 * <p>Pages of an object are copies of its contents. They are made when the page is touched for the
 * first time, or before, and again when the program drops them. {@link MappedFiles} updates them
 * when files are written. Pages past the end of an object have addresses and no rights.
 *
 * <p>For one thread at a time.
 */
public final class Mappings {
  static final long PAGE_SIZE = 4096;

  /**
   * The maximum number of ranges with rights of their own, as Linux has it. Each costs the host
   * some memory.
   */
  public static final int MAX = 65_530;

  /** Stands for the object in the address space, which must not hold this guest's files. */
  private static final Object OBJECT = new Object();

  /** How many bytes are copied at a time. */
  private static final int PIECE = 1 << 16;

  private final AddressSpace space;
  private final MappedAreas areas;
  private final Checkpoint checkpoint;
  private final SharedPages sharedPages;

  /** Why the last contents could not be read. */
  private @Nullable FileException unreadable;

  Mappings(AddressSpace space, MappedAreas areas, Checkpoint checkpoint) {
    this.space = space;
    this.checkpoint = checkpoint;
    this.areas = areas;
    sharedPages = new SharedPages(space, areas, checkpoint);
    space.useFirstContents(
        new FirstContents() {
          @Override
          public boolean fill(long start, long end) {
            return fillFirst(start, end);
          }

          @Override
          public long sharer(long page) {
            return sharedPages.sharer(page);
          }
        });
  }

  public AddressSpace space() {
    return space;
  }

  SharedPages sharedPages() {
    return sharedPages;
  }

  MappedAreas areas() {
    return areas;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Answers whether there is room for this many more ranges. */
  boolean hasRoomFor(int more) {
    return Math.max(space.mappingCount(), areas.count()) <= MAX - more;
  }

  /** Answers whether no range extends across an address. */
  boolean isEdge(long address) {
    return space.isEdge(address) && areas.isEdge(address);
  }

  /**
   * Maps a free range.
   *
   * @param area the mapped area, with these addresses and this protection; null for anonymous
   *     memory
   * @param touched whether it gets its memory and contents at once
   * @throws GuestMemoryExhaustedException if there is not enough memory; nothing is mapped then
   * @throws FileException if reading fails; nothing is mapped then
   */
  void map(
      long start, long size, Protection protection, @Nullable MappedArea area, boolean touched) {
    long contentsEnd = area == null ? start + size : area.endOfContents(area.object().size());
    if (contentsEnd > start) {
      space.mapUntouched(start, contentsEnd - start, protection, source(area, start));
    }
    if (contentsEnd < start + size) {
      space.mapUntouched(
          contentsEnd, start + size - contentsEnd, Protection.NONE, source(area, contentsEnd));
    }
    if (area != null) {
      areas.put(area);
    }
    try {
      if (touched && protection != Protection.NONE && !space.touch(start, contentsEnd - start)) {
        throw Objects.requireNonNullElseGet(unreadable, () -> new FileException(Errno.EIO));
      }
    } catch (FileException | GuestMemoryExhaustedException e) {
      unmap(start, size);
      throw e;
    }
  }

  /**
   * Touches a range as far as there is memory and contents.
   *
   * @return whether all of it has memory now
   */
  boolean populate(long start, long size) {
    try {
      return space.populate(start, size);
    } catch (GuestMemoryExhaustedException e) {
      return false;
    }
  }

  static MappingSource source(@Nullable MappedArea area, long start) {
    if (area == null || area.object() instanceof MappedObject.SharedZeros) {
      return MappingSource.ANONYMOUS;
    }
    return area.hasPagesOfFile()
        ? MappingSource.shared(OBJECT, area.offsetOf(start))
        : MappingSource.file(OBJECT, area.offsetOf(start));
  }

  /** Reserves a part of an area that has no contents any more. */
  void reserve(MappedArea area, long start, long end) {
    space.unmap(start, end - start);
    space.mapUntouched(start, end - start, Protection.NONE, source(area, start));
  }

  /** Fills pages that were just touched for the first time. */
  private boolean fillFirst(long start, long end) {
    try {
      for (MappedArea area : areas.within(start, end)) {
        sharedPages.requireRoom(area);
        fill(area, area.start(), area.end());
      }
      return true;
    } catch (FileException e) {
      unreadable = e;
      return false;
    }
  }

  /** Copies contents to pages that are all zeros. */
  void fill(MappedArea area, long start, long end) {
    if (start == end || area.object() instanceof MappedObject.SharedZeros) {
      return;
    }
    if (area.hasPagesOfFile()) {
      sharedPages.withoutPuttingBack(() -> copy(area, start, end));
    } else {
      copy(area, start, end);
    }
  }

  private void copy(MappedArea area, long start, long end) {
    byte[] piece = new byte[(int) Math.min(PIECE, end - start)];
    for (long at = start; at < end; ) {
      int length = (int) Math.min(piece.length, end - at);
      int read = area.object().read(area.offsetOf(at), piece, length);
      if (read == 0) {
        return;
      }
      checkpoint.passBytes(read);
      space.initialise(at, piece, 0, read);
      at += read;
    }
  }

  /** Unmaps everything in a range. */
  void unmap(long start, long size) {
    sharedPages.putBack(start, start + size);
    space.unmap(start, size);
    areas.remove(start, start + size);
  }

  /**
   * Changes the program's rights to a range, all of which is mapped.
   *
   * @throws GuestMemoryExhaustedException if a part had no memory yet and there is not enough; the
   *     parts before it are changed then
   */
  void protect(long start, long size, Protection protection) {
    long end = start + size;
    long done = start;
    for (MappedArea area : areas.within(start, end)) {
      long contentsEnd = area.endOfContents(area.object().size());
      if (contentsEnd < area.end()) {
        protectPages(done, contentsEnd, protection);
        done = area.end();
      }
    }
    protectPages(done, end, protection);
    for (MappedArea area : areas.within(start, end)) {
      if (area.protection() != protection) {
        areas.replace(area.with(protection));
      }
    }
  }

  /**
   * Changes the rights to pages that are all within their objects. Small parts without memory get
   * it at once, if there is enough.
   */
  void protectPages(long start, long end, Protection protection) {
    if (start == end) {
      return;
    }
    space.protectUntouched(start, end - start, protection);
    if (protection == Protection.NONE) {
      return;
    }
    try {
      for (MappedRange range : space.unbacked(start, end - start)) {
        long size = range.end() - range.start();
        if (size <= TouchPolicy.COMMITTED_AT_ONCE && !space.touch(range.start(), size)) {
          return;
        }
      }
    } catch (GuestMemoryExhaustedException e) {
      // They get it when they are touched, if there is any by then.
    }
  }

  /** Moves a mapped range with its memory to other addresses, which have to be free. */
  void move(long start, long size, long target) {
    space.move(start, size, target);
    List<MappedArea> moved = areas.within(start, start + size);
    moved.forEach(area -> area.object().retain());
    areas.remove(start, start + size);
    for (MappedArea area : moved) {
      areas.put(area.movedBy(target - start));
      area.object().release();
    }
  }

  /**
   * Drops the contents of a range, all of which is mapped. Pages of an object get its contents
   * again. Large parts lose their memory, too.
   */
  void discard(long start, long size) {
    long end = start + size;
    long done = start;
    for (MappedArea area : areas.within(start, end)) {
      if (area.start() > done) {
        drop(done, area.start());
      }
      long contentsEnd = area.endOfContents(area.object().size());
      if (area.object() instanceof MappedObject.SharedZeros
          || area.hasPagesOfFile() // other holders may keep them
          || contentsEnd == area.start()) {
        done = area.end();
        continue;
      }
      if (space.isOfFiles(area.start(), contentsEnd - area.start())
          && TouchPolicy.isForgotten(space, contentsEnd - area.start())) {
        space.forget(area.start(), contentsEnd - area.start());
      } else {
        refresh(area, area.start(), contentsEnd);
      }
      done = area.end();
    }
    if (done < end) {
      drop(done, end);
    }
  }

  private void drop(long start, long end) {
    if (TouchPolicy.isForgotten(space, end - start)) {
      space.forget(start, end - start);
    } else {
      space.discard(start, end - start);
    }
  }

  /** Copies the object's contents to those pages that have memory. */
  void refresh(MappedArea area, long start, long end) {
    if (start == end) {
      return;
    }
    space.discard(start, end - start);
    long done = start;
    for (MappedRange hole : space.unbacked(start, end - start)) {
      fill(area, done, hole.start());
      done = hole.end();
    }
    fill(area, done, end);
  }

  /**
   * Answers whether an access that the program's rights allow is past the end of the mapped object,
   * or to contents that cannot be read.
   *
   * @param access how the program accesses the address
   */
  public boolean isBehindEnd(long address, MemoryAccess access) {
    if (address < 0 || address >= AddressSpace.USER_END) {
      return false;
    }
    for (MappedArea area : areas.within(address, address + 1)) {
      Protection rights = area.protection();
      return (address >= area.endOfContents(area.object().size())
              || !space.unbacked(address & -PAGE_SIZE, PAGE_SIZE).isEmpty())
          && rights.readable()
          && (access != MemoryAccess.WRITE || rights.writable())
          && (access != MemoryAccess.EXECUTE || rights.executable());
    }
    return false;
  }

  /**
   * A range that Linux could show as one mapping: it has equal rights, and maps one object or none.
   *
   * @param protection as the program asked for it
   * @param area null for anonymous memory
   */
  public record View(long start, long end, Protection protection, @Nullable MappedArea area) {}

  /** Returns all that is mapped or reserved within a range, ascending. */
  List<View> views(long start, long end) {
    List<View> views = new ArrayList<>();
    List<MappedArea> of = areas.within(start, end);
    int next = 0;
    for (MappedRange range : space.ranges(start, end)) {
      long at = range.start();
      while (at < range.end()) {
        checkpoint.pass();
        while (next < of.size() && of.get(next).end() <= at) {
          next++;
        }
        MappedArea area = next < of.size() ? of.get(next) : null;
        if (area != null && area.start() <= at) {
          if (area.start() == at) {
            views.add(new View(area.start(), area.end(), area.protection(), area));
          }
          at = Math.min(range.end(), area.end());
        } else {
          long to = area == null ? range.end() : Math.min(range.end(), area.start());
          views.add(new View(at, to, range.protection(), null));
          at = to;
        }
      }
    }
    return views;
  }

  /** Returns the shared mapping of an object at an address; null if there is none. */
  public @Nullable MappedArea sharedAt(long address) {
    MappedArea area = areas.from(address);
    return area != null && area.start() <= address && area.shared() ? area : null;
  }

  /** Returns the first view that ends after an address; null if there is none. */
  public @Nullable View viewFrom(long address) {
    long start = space.nextTaken(address);
    if (start < 0) {
      return null;
    }
    MappedArea area = areas.from(start);
    if (area != null && area.start() <= start) {
      return new View(area.start(), area.end(), area.protection(), area);
    }
    MappedRange range = space.rangeAt(start, area == null ? AddressSpace.USER_END : area.start());
    return new View(start, range.end(), range.protection(), null);
  }

  /** Throws ENOMEM if a call would need too many ranges. */
  void requireRoomFor(int more) {
    if (!hasRoomFor(more)) {
      throw new FileException(Errno.ENOMEM);
    }
  }
}

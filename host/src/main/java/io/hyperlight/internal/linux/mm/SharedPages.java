package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.SharedContent;
import java.util.Arrays;
import java.util.List;

/**
 * The pages of files that shared mappings have. All shared mappings of a file have the same pages
 * of guest memory. While there are any, these have the file's contents, and the file has a copy.
 * The copy is brought up to date before anybody reads or changes it. So guest code and system calls
 * see each other's writes at once.
 *
 * <p>A page gets room in the file when it gets memory. So bringing a copy up to date never fails.
 *
 * <p>For one thread at a time.
 */
final class SharedPages {
  private static final int PAGE_SIZE = (int) Mappings.PAGE_SIZE;

  private static final List<MappedRange> NO_HOLES = List.of();

  private final AddressSpace space;
  private final MappedAreas areas;
  private final Checkpoint checkpoint;

  /** Whether pages or copies are being brought up to date, which reads the files. */
  private boolean busy;

  SharedPages(AddressSpace space, MappedAreas areas, Checkpoint checkpoint) {
    this.space = space;
    this.areas = areas;
    this.checkpoint = checkpoint;
  }

  /** Returns another page with memory that maps the same page of a file; -1 if there is none. */
  long sharer(long page) {
    MappedArea own = areas.from(page);
    if (own == null || own.start() > page || !own.hasPagesOfFile()) {
      return -1;
    }
    long offset = own.offsetOf(page);
    for (MappedArea area : areas.of(own.object())) {
      long at = area.start() + (offset - area.offset());
      if (area.shared()
          && offset >= area.offset()
          && at < area.end()
          && at != page
          && space.isBacked(at)) {
        return at;
      }
    }
    return -1;
  }

  /** Does something with files that are up to date, or newer than the pages. */
  void withoutPuttingBack(Runnable action) {
    boolean before = busy;
    busy = true;
    try {
      action.run();
    } finally {
      busy = before;
    }
  }

  /** Makes room in the file for pages that get memory. */
  void requireRoom(MappedArea part) {
    if (part.object() instanceof MappedObject.OfFile file && part.hasPagesOfFile()) {
      SharedContent content = file.shareable();
      long end = Math.min(file.size(), part.offsetOf(part.end()));
      if (content != null && part.offset() < end) {
        content.requireRoom(part.offset(), end);
      }
    }
  }

  /** Brings all files up to date. */
  void putBackAll() {
    if (areas.mayHaveWritten()) {
      areas.all().forEach(this::putBack);
    }
  }

  /** Brings what is mapped in a range of addresses up to date. */
  void putBack(long start, long end) {
    if (areas.mayHaveWritten()) {
      areas.within(start, end).forEach(this::putBack);
    }
  }

  /** Brings a part of a file up to date. */
  void putBack(MappedObject.OfFile file, long from, long to) {
    if (busy || !areas.mayHaveWritten()) {
      return;
    }
    for (MappedArea area : areas.of(file)) {
      long first = Math.max(from, area.offset()) & -PAGE_SIZE;
      long last = Math.min(to, area.offsetOf(area.end()));
      if (first < last && area.mayHaveWritten()) {
        long start = area.start() + (first - area.offset());
        putBack(area.within(start, Math.min(area.end(), start + pageEnd(last - first))));
      }
    }
  }

  private static long pageEnd(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  private void putBack(MappedArea part) {
    if (busy
        || !part.mayHaveWritten()
        || !(part.object() instanceof MappedObject.OfFile file)
        || !(file.content() instanceof SharedContent content)) {
      return;
    }
    withoutPuttingBack(() -> putBack(part, file, content));
  }

  private void putBack(MappedArea part, MappedObject.OfFile file, SharedContent content) {
    long size = file.size();
    long end = part.endOfContents(size);
    long next = part.start();
    // Most of a large mapping may have no memory.
    for (MappedRange hole : end > next ? space.unbacked(next, end - next) : NO_HOLES) {
      putBack(part, next, hole.start(), size, content);
      next = hole.end();
    }
    putBack(part, next, end, size, content);
  }

  private void putBack(MappedArea part, long start, long end, long size, SharedContent content) {
    byte[] known = new byte[PAGE_SIZE];
    byte[] page = new byte[PAGE_SIZE];
    for (long at = start; at < end; at += PAGE_SIZE) {
      checkpoint.pass(2);
      long offset = part.offsetOf(at);
      int length = (int) Math.min(PAGE_SIZE, size - offset);
      int read = content.read(offset, known, 0, length);
      space.copyOut(at, page, PAGE_SIZE);
      if (read != length || !Arrays.equals(known, 0, length, page, 0, length)) {
        content.putBack(offset, page, 0, length);
      }
    }
  }

  /**
   * Takes memory away from pages whose file has no room for them any more. They get both again when
   * they are touched.
   *
   * @param part has contents, all of which are as in the file
   */
  void releaseHoles(MappedArea part) {
    if (!(part.object() instanceof MappedObject.OfFile file)) {
      return;
    }
    long end = Math.min(part.offsetOf(part.end()), file.size());
    for (long at = part.offset(); at < end; ) {
      checkpoint.pass();
      long hole = Math.min(end, file.content().nextHole(at));
      long data = file.content().nextData(at);
      long holeEnd = pageEnd(data < 0 ? end : Math.min(end, Math.max(data, hole)));
      if (hole > at) {
        requireRoomOrRelease(part.withinOffsets(at, pageEnd(hole)));
        at = pageEnd(hole);
      } else {
        release(part.withinOffsets(at, holeEnd));
        at = Math.max(holeEnd, at + PAGE_SIZE);
      }
    }
  }

  private void requireRoomOrRelease(MappedArea part) {
    try {
      requireRoom(part);
    } catch (FileException e) {
      release(part);
    }
  }

  private void release(MappedArea part) {
    if (part.start() < part.end()) {
      space.unmap(part.start(), part.end() - part.start());
      space.mapUntouched(
          part.start(),
          part.end() - part.start(),
          part.protection(),
          Mappings.source(part, part.start()));
    }
  }

  /** Returns the parts that have the pages of their file. */
  static List<MappedArea> of(List<MappedArea> parts) {
    return parts.stream().filter(MappedArea::hasPagesOfFile).toList();
  }
}

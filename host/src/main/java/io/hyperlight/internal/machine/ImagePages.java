package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.Mapping;
import io.hyperlight.internal.machine.memory.MemoryImage;
import io.hyperlight.internal.machine.memory.PageRun;
import io.hyperlight.internal.machine.x86.Gate;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a guest sees in the memory of an image, by its own addresses. It does not include the host's
 * pages: the gate and the information page. It keeps the memory until it is closed.
 */
public final class ImagePages implements AutoCloseable {
  /** The maximum number of pages of one copy. */
  private static final long PAGES_AT_ONCE = 64;

  private final MemoryImage memory;
  private final List<Mapping> mappings;

  /**
   * Opens the pages of an image.
   *
   * @throws ImageClosedException if it is closed
   * @throws IllegalArgumentException if it has several address spaces, in which an address is
   *     ambiguous
   */
  public ImagePages(MachineImage image) {
    if (image.layout().addressSpaces().size() != 1) {
      throw new IllegalArgumentException("an image with several address spaces");
    }
    mappings =
        image.layout().addressSpaces().getFirst().stream()
            .filter(mapping -> mapping.start() >= Gate.END)
            .toList();
    memory = image.retainMemory();
  }

  /** Returns all mappings, sorted by address. */
  public List<MappedRange> mappings() {
    return MappedRange.merge(
        mappings.stream()
            .map(mapping -> new MappedRange(mapping.start(), mapping.end(), mapping.protection()))
            .toList());
  }

  /**
   * Returns the pages that guest code can write and that are not all zeros. They are sorted, in as
   * few runs as possible.
   */
  public List<PageRun> writtenRuns() {
    List<PageRun> runs = new ArrayList<>();
    long start = 0;
    long end = 0;
    for (Mapping mapping : mappings) {
      if (!mapping.protection().writable() || !mapping.isBacked()) {
        continue;
      }
      for (long at = mapping.start(); at < mapping.end(); at += PAGE_SIZE) {
        if (!memory.isPresent(mapping.physicalOf(at) / PAGE_SIZE)) {
          continue;
        }
        if (at != end) {
          add(runs, start, end);
          start = at;
        }
        end = at + PAGE_SIZE;
      }
    }
    add(runs, start, end);
    return runs;
  }

  private static void add(List<PageRun> runs, long start, long end) {
    if (end > start) {
      runs.add(new PageRun(start, (end - start) / PAGE_SIZE));
    }
  }

  /** Passes the contents of a run to a consumer, piece by piece. */
  public void copy(PageRun run, Consumer<byte[]> pieces) {
    long at = run.start();
    for (Mapping mapping : mappings) {
      while (at < run.end() && at >= mapping.start() && at < mapping.end()) {
        long end = Math.min(Math.min(run.end(), mapping.end()), at + PAGES_AT_ONCE * PAGE_SIZE);
        byte[] piece = new byte[(int) (end - at)];
        MemorySegment.copy(
            memory.contents(),
            mapping.physicalOf(at),
            MemorySegment.ofArray(piece),
            0,
            piece.length);
        pieces.accept(piece);
        at = end;
      }
    }
  }

  @Override
  public void close() {
    memory.release();
  }
}

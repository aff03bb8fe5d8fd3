package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A model of several address spaces of a VM that share pages, as simple as possible: arrays for
 * contents. A private mapping takes another array whenever it is written. Shared mappings write
 * into the array that all of them have. So a private copy of a shared object sees writes to the
 * object until the copy itself is written.
 */
final class SpacesModel {
  /** A page that is mapped, or reserved if it has no contents. */
  static final class Page {
    private final Protection protection;
    private final byte[] contents;
    private final boolean shared;

    Page(Protection protection, byte[] contents, boolean shared) {
      this.protection = protection;
      this.contents = contents;
      this.shared = shared;
    }

    Protection protection() {
      return protection;
    }

    byte[] contents() {
      return contents;
    }

    boolean shared() {
      return shared;
    }

    Page with(Protection changed) {
      return new Page(
          changed,
          contents.length == 0 && changed != Protection.NONE ? new byte[PAGE_SIZE] : contents,
          shared);
    }

    /** Returns the page that is there after a write. */
    Page written() {
      return shared ? this : new Page(protection, contents.clone(), false);
    }
  }

  private static final byte[] NONE = {};

  /** The pages of each address space, by address. */
  final List<TreeMap<Long, Page>> spaces = new ArrayList<>();

  SpacesModel() {
    spaces.add(new TreeMap<>());
  }

  SpacesModel copy() {
    SpacesModel copy = new SpacesModel();
    copy.spaces.clear();
    IdentityHashMap<byte[], byte[]> arrays = new IdentityHashMap<>();
    for (TreeMap<Long, Page> space : spaces) {
      TreeMap<Long, Page> pages = new TreeMap<>();
      space.forEach((address, page) ->
          pages.put(
              address,
              new Page(
                  page.protection,
                  arrays.computeIfAbsent(page.contents, byte[]::clone),
                  page.shared)));
      copy.spaces.add(pages);
    }
    return copy;
  }

  boolean isTaken(int space, long start, int pages) {
    return range(space, start, pages).size() == pages;
  }

  boolean isFree(int space, long start, int pages) {
    return range(space, start, pages).isEmpty();
  }

  Map<Long, Page> range(int space, long start, int pages) {
    return spaces.get(space).subMap(start, true, start + (long) pages * PAGE_SIZE, false);
  }

  void map(int space, long start, int pages, Protection protection, boolean shared) {
    for (int i = 0; i < pages; i++) {
      byte[] contents =
          protection == Protection.NONE && !shared ? NONE.clone() : new byte[PAGE_SIZE];
      spaces.get(space).put(start + (long) i * PAGE_SIZE, new Page(protection, contents, shared));
    }
  }

  void unmap(int space, long start, int pages) {
    range(space, start, pages).clear();
  }

  void protect(int space, long start, int pages, Protection protection) {
    range(space, start, pages).replaceAll((_, page) -> page.with(protection));
  }

  void move(int space, long start, int pages, long target) {
    Map<Long, Page> moved = new HashMap<>();
    range(space, start, pages)
        .forEach((address, page) -> moved.put(target + (address - start), page));
    unmap(space, start, pages);
    spaces.get(space).putAll(moved);
  }

  void share(
      int from, long start, int pages, int to, long target, Protection protection, boolean copy) {
    Map<Long, Page> added = new HashMap<>();
    range(from, start, pages)
        .forEach((address, page) -> {
          boolean shared = page.shared && !copy;
          added.put(
              target + (address - start),
              new Page(
                  page.contents.length == 0 ? Protection.NONE : protection,
                  page.contents.length == 0 ? NONE.clone() : page.contents,
                  shared));
        });
    spaces.get(to).putAll(added);
  }

  void discard(int space, long start, int pages) {
    range(space, start, pages)
        .replaceAll((_, page) -> {
          Page written = page.contents.length == 0 ? page : page.written();
          Arrays.fill(written.contents, (byte) 0);
          return written;
        });
  }

  boolean isWritable(int space, long start, int pages) {
    return isTaken(space, start, pages)
        && range(space, start, pages).values().stream()
            .allMatch(page -> page.protection.writable());
  }

  void write(int space, long start, byte[] source) {
    for (int done = 0; done < source.length; ) {
      long page = (start + done) & -PAGE_SIZE;
      int offset = (int) (start + done - page);
      int part = Math.min(PAGE_SIZE - offset, source.length - done);
      Page written = Objects.requireNonNull(spaces.get(space).get(page)).written();
      System.arraycopy(source, done, written.contents, offset, part);
      spaces.get(space).put(page, written);
      done += part;
    }
  }
}

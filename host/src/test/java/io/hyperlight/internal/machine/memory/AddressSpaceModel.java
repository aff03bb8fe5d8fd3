package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A model of an {@link AddressSpace}, as simple as possible: pages by address. */
final class AddressSpaceModel {
  private static final class Page {
    Protection protection;
    final byte[] contents = new byte[PAGE_SIZE];

    Page(Protection protection) {
      this.protection = protection;
    }
  }

  private final TreeMap<Long, Page> pages = new TreeMap<>();

  void map(long start, long sizeBytes, Protection protection) {
    for (long done = 0; done < sizeBytes; done += PAGE_SIZE) {
      pages.put(start + done, new Page(protection));
    }
  }

  void unmap(long start, long sizeBytes) {
    pages.subMap(start, true, start + sizeBytes, false).clear();
  }

  void protect(long start, long sizeBytes, Protection protection) {
    pages
        .subMap(start, true, start + sizeBytes, false)
        .values()
        .forEach(page -> page.protection = protection);
  }

  void move(long start, long sizeBytes, long target) {
    TreeMap<Long, Page> moved = new TreeMap<>();
    pages
        .subMap(start, true, start + sizeBytes, false)
        .forEach((address, page) -> moved.put(target + (address - start), page));
    unmap(start, sizeBytes);
    pages.putAll(moved);
  }

  void discard(long start, long sizeBytes) {
    pages
        .subMap(start, true, start + sizeBytes, false)
        .values()
        .forEach(page -> Arrays.fill(page.contents, (byte) 0));
  }

  boolean isTaken(long start, long sizeBytes) {
    return pages.subMap(start, true, start + sizeBytes, false).size() == sizeBytes / PAGE_SIZE;
  }

  AddressSpaceModel copy() {
    AddressSpaceModel copy = new AddressSpaceModel();
    pages.forEach((address, page) -> {
      Page same = new Page(page.protection);
      System.arraycopy(page.contents, 0, same.contents, 0, PAGE_SIZE);
      copy.pages.put(address, same);
    });
    return copy;
  }

  boolean isFree(long start, long sizeBytes) {
    return pages.subMap(start, true, start + sizeBytes, false).isEmpty();
  }

  /** Returns the protection of every mapped page, by address. */
  NavigableMap<Long, Protection> protections() {
    TreeMap<Long, Protection> protections = new TreeMap<>();
    pages.forEach((address, page) -> protections.put(address, page.protection));
    return protections;
  }

  /** Returns whether a range is user memory, computed with numbers that cannot overflow. */
  boolean isAccessible(long address, long sizeBytes, boolean write) {
    BigInteger start = BigInteger.valueOf(address);
    BigInteger size = BigInteger.valueOf(sizeBytes);
    BigInteger end = start.add(size);
    if (start.signum() < 0
        || size.signum() < 0
        || end.compareTo(BigInteger.valueOf(AddressSpace.USER_END)) > 0) {
      return false;
    }
    for (long page = address & -PAGE_SIZE; page < address + sizeBytes; page += PAGE_SIZE) {
      Page found = pages.get(page);
      if (sizeBytes != 0
          && (found == null
              || !found.protection.readable()
              || (write && !found.protection.writable()))) {
        return false;
      }
    }
    return true;
  }

  byte[] read(long address, int length) {
    byte[] copy = new byte[length];
    forEachByte(address, length, (page, offset, i) -> copy[i] = page[offset]);
    return copy;
  }

  void write(long address, byte[] source) {
    forEachByte(address, source.length, (page, offset, i) -> page[offset] = source[i]);
  }

  private interface Visitor {
    void visit(byte[] page, int offset, int index);
  }

  private void forEachByte(long address, int length, Visitor visitor) {
    for (int i = 0; i < length; i++) {
      long at = address + i;
      Page page = pages.get(at & -PAGE_SIZE);
      if (page == null) {
        throw new AssertionError("not mapped: 0x%x".formatted(at));
      }
      visitor.visit(page.contents, (int) (at & PAGE_SIZE - 1), i);
    }
  }

  /**
   * Returns the addresses at which a mapped page begins or ends, and limits of the address space.
   */
  long[] interestingAddresses() {
    long[] fixed = {
      0,
      -1,
      PAGE_SIZE,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      AddressSpace.USER_END,
      1L << 47,
      PageTablesTest.MONITOR,
      -PAGE_SIZE,
      0xffff_7fff_ffff_ffffL
    };
    long[] starts = pages.keySet().stream().mapToLong(Long::longValue).toArray();
    long[] all = Arrays.copyOf(fixed, fixed.length + 2 * starts.length);
    for (int i = 0; i < starts.length; i++) {
      all[fixed.length + 2 * i] = starts[i];
      all[fixed.length + 2 * i + 1] = starts[i] + PAGE_SIZE;
    }
    return all;
  }
}

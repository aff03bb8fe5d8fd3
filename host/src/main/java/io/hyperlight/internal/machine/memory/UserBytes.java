package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;

/** Copies bytes out of and into the memory of an address space, by the addresses of user code. */
final class UserBytes {
  private final PhysicalMemory memory;
  private final MappingTable table;
  private final Checkpoint checkpoint;

  UserBytes(PhysicalMemory memory, MappingTable table, Checkpoint checkpoint) {
    this.memory = memory;
    this.table = table;
    this.checkpoint = checkpoint;
  }

  /**
   * Returns whether the contents of a mapped range are known. What was never touched contains
   * zeros, but parts of files get memory and are read.
   */
  boolean isReadable(long guestAddress, int length, FirstTouch touch) {
    long end = guestAddress + length;
    for (int at = table.firstMappingEndingAfter(guestAddress);
        at < table.size() && table.get(at).start() < end;
        at++) {
      Mapping mapping = table.get(at);
      if (!mapping.isBacked() && mapping.source().kind() == MappingSource.Kind.FILE) {
        try {
          return touch.touch(guestAddress, end);
        } catch (GuestMemoryExhaustedException e) {
          return false;
        }
      }
    }
    return true;
  }

  /** Reads one word of each page that has memory. Returns true. */
  boolean lookAt(long start, long end) {
    for (Mapping mapping : table.within(start, end)) {
      for (long at = mapping.start(); mapping.isBacked() && at < mapping.end(); at += PAGE_SIZE) {
        checkpoint.pass();
        memory.getLong(mapping.physicalOf(at));
      }
    }
    return true;
  }

  /** Copies out of a mapped range. */
  byte[] read(long guestAddress, int length) {
    byte[] copy = new byte[length];
    int at = table.firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; ) {
      Mapping mapping = table.get(at);
      long from = guestAddress + done;
      int part = part(mapping, from, length - done);
      if (mapping.isBacked()) {
        memory.get(mapping.physicalOf(from), copy, done, part);
      }
      done += part;
      at += from + part == mapping.end() ? 1 : 0;
    }
    return copy;
  }

  /** Does the same without a checkpoint: for few bytes, and also after the call was ended. */
  void copyOut(long guestAddress, byte[] target, int length) {
    int at = table.firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; at++) {
      Mapping mapping = table.get(at);
      long from = guestAddress + done;
      int part = (int) Math.min(length - done, mapping.end() - from);
      memory.get(mapping.physicalOf(from), target, done, part);
      done += part;
    }
  }

  /** Copies into a range that has memory. Its private mappings hold their pages alone. */
  void copyIn(long guestAddress, byte[] source, int from, int length) {
    int at = table.firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; ) {
      Mapping mapping = table.get(at);
      long to = guestAddress + done;
      int part = part(mapping, to, length - done);
      memory.put(mapping.physicalOf(to), source, from + done, part);
      done += part;
      at += to + part == mapping.end() ? 1 : 0;
    }
  }

  /** Returns how many bytes are copied at once. */
  private int part(Mapping mapping, long from, int most) {
    int part = (int) Math.min(Math.min(most, Checkpoint.MAX_BYTES), mapping.end() - from);
    checkpoint.passBytes(part);
    return part;
  }

  /** Copies one aligned eight-byte value out. */
  long readLong(long guestAddress, FirstTouch touch) {
    // No checkpoint, since the host also asks where a guest was after the call was ended.
    int at = table.firstMappingEndingAfter(guestAddress);
    if ((guestAddress & 7) != 0
        || guestAddress < 0
        || at == table.size()
        || table.get(at).start() > guestAddress
        || !table.get(at).protection().readable()) {
      throw new GuestAddressException(guestAddress, 8, false);
    }
    Mapping mapping = table.get(at);
    if (mapping.isBacked()) {
      return memory.getLong(mapping.physicalOf(guestAddress));
    }
    if (!isReadable(guestAddress, Long.BYTES, touch)) {
      throw new GuestAddressException(guestAddress, Long.BYTES, false);
    }
    return mapping.source().kind() == MappingSource.Kind.FILE ? readLong(guestAddress, touch) : 0;
  }

  /** Copies an aligned four-byte value out of a mapped range, in one access. */
  int readInt(long guestAddress) {
    Mapping mapping = table.get(table.firstMappingEndingAfter(guestAddress));
    return mapping.isBacked() ? memory.getInt(mapping.physicalOf(guestAddress)) : 0;
  }

  /** Replaces an aligned four-byte value in a range that has memory, in one access. */
  boolean compareAndSetInt(long guestAddress, int expected, int next) {
    Mapping mapping = table.get(table.firstMappingEndingAfter(guestAddress));
    return memory.compareAndSetInt(mapping.physicalOf(guestAddress), expected, next);
  }

  /** Writes an aligned four-byte value in a range that has memory, in one access. */
  void setInt(long guestAddress, int value) {
    Mapping mapping = table.get(table.firstMappingEndingAfter(guestAddress));
    memory.setInt(mapping.physicalOf(guestAddress), value);
  }

  /** Does the same with eight bytes. */
  void setLong(long guestAddress, long value) {
    Mapping mapping = table.get(table.firstMappingEndingAfter(guestAddress));
    memory.setLong(mapping.physicalOf(guestAddress), value);
  }
}

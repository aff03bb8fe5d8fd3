package io.hyperlight.files;

import java.util.Arrays;

/**
 * The bytes of a file in memory, in chunks of which copies of the file share all that neither has
 * written.
 *
 * <p>A chunk's array may be shorter than a chunk: what lies behind its end are zeros. So small
 * files are small, and a hole is an array without elements.
 */
final class FileData {
  static final int CHUNK = 16 * 1024;

  /** What an entry of the chunk table costs, headers of arrays included. */
  static final int TABLE_ENTRY = 32;

  private static final byte[] HOLE = {};

  private long size;
  private byte[][] chunks;

  /** Which chunks nobody shares. */
  private boolean[] own;

  FileData() {
    chunks = new byte[0][];
    own = new boolean[0];
  }

  private FileData(FileData original) {
    size = original.size;
    chunks = original.chunks.clone();
    own = new boolean[chunks.length];
  }

  /** The same, to be changed; the original must not be changed any more. */
  FileData copy() {
    return new FileData(this);
  }

  long size() {
    return size;
  }

  /** What the budget was charged with. */
  long cost() {
    long cost = (long) chunks.length * TABLE_ENTRY;
    for (byte[] chunk : chunks) {
      cost += chunk.length;
    }
    return cost;
  }

  /** Copies bytes out; returns how many, 0 at the end. */
  int read(long offset, byte[] target, int from, int length) {
    if (offset >= size) {
      return 0;
    }
    int count = (int) Math.min(length, size - offset);
    for (int done = 0; done < count; ) {
      long at = offset + done;
      long index = at / CHUNK;
      int start = (int) (at % CHUNK);
      int piece = Math.min(count - done, CHUNK - start);
      byte[] chunk = index < chunks.length ? chunks[(int) index] : HOLE;
      int there = Math.clamp((long) chunk.length - start, 0, piece);
      System.arraycopy(chunk, Math.min(start, chunk.length), target, from + done, there);
      Arrays.fill(target, from + done + there, from + done + piece, (byte) 0);
      done += piece;
    }
    return count;
  }

  /**
   * Copies bytes in, as far as the budget goes.
   *
   * @param offset at most such that the end is below 2^44
   * @return how many
   */
  int write(long offset, byte[] source, int from, int length, Budget budget) {
    int done = 0;
    while (done < length) {
      long at = offset + done;
      int index = (int) (at / CHUNK);
      int start = (int) (at % CHUNK);
      int piece = Math.min(length - done, CHUNK - start);
      int room = makeRoom(index, start, piece, budget);
      if (room > 0) {
        System.arraycopy(source, from + done, chunks[index], start, room);
        done += room;
        size = Math.max(size, at + room);
      }
      if (room < piece) {
        break;
      }
    }
    return done;
  }

  /** Makes a part of a chunk writable, or its beginning; returns how much. */
  private int makeRoom(int index, int start, int length, Budget budget) {
    if (!extendTable(index, budget)) {
      return 0;
    }
    byte[] chunk = chunks[index];
    int newLength = chunk.length;
    if (start + length > newLength) {
      int wanted = Math.max(start + length, Math.min(CHUNK, 2 * newLength));
      newLength += (int) Math.min(wanted - newLength, budget.available());
      if (newLength <= start || !budget.take(newLength - chunk.length)) {
        return 0;
      }
    }
    if (newLength > chunk.length || !own[index]) {
      chunks[index] = Arrays.copyOf(chunk, newLength);
      own[index] = true;
    }
    return Math.min(length, newLength - start);
  }

  private boolean extendTable(int index, Budget budget) {
    int missing = index + 1 - chunks.length;
    if (missing <= 0) {
      return true;
    }
    // A few entries more than needed, so that a file that grows is not copied for each chunk.
    int extra = index == chunks.length ? chunks.length / 2 : 0;
    if (!budget.take((long) (missing + extra) * TABLE_ENTRY)) {
      extra = 0;
      if (!budget.take((long) missing * TABLE_ENTRY)) {
        return false;
      }
    }
    setTableLength(index + 1 + extra);
    return true;
  }

  private void setTableLength(int length) {
    int before = chunks.length;
    chunks = Arrays.copyOf(chunks, length);
    own = Arrays.copyOf(own, length);
    if (length > before) {
      Arrays.fill(chunks, before, length, HOLE);
    }
  }

  /** Cuts it, or extends it with zeros that cost nothing. */
  void truncate(long newSize, Budget budget) {
    if (newSize < size) {
      long before = cost();
      int kept = (int) Math.min((newSize + CHUNK - 1) / CHUNK, chunks.length);
      setTableLength(kept);
      int tail = (int) (newSize % CHUNK);
      int last = (int) (newSize / CHUNK);
      // What is behind the end must be zeros when the file grows again.
      if (last < kept && chunks[last].length > tail) {
        chunks[last] = Arrays.copyOf(chunks[last], tail);
        own[last] = true;
      }
      budget.giveBack(before - cost());
    }
    size = newSize;
  }
}

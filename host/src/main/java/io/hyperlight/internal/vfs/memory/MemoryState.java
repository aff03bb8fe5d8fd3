package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.PathLimits;
import io.hyperlight.internal.vfs.TreeState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All files of a tree in memory at one moment. Immutable: neither the table nor its inodes ever
 * change, so any number of trees and threads can share them.
 *
 * @param table inodes by number
 * @param next the number for the next inode
 * @param used the bytes that the inodes cost
 */
record MemoryState(Map<Long, Inode> table, long next, long used) implements TreeState {
  static final long ROOT = 1;

  /** Returns a state with an empty root. */
  static MemoryState empty() {
    return empty(0755);
  }

  /** Returns a state with an empty root that has these permissions. */
  static MemoryState empty(int permissions) {
    Map<Long, Inode> table = new HashMap<>();
    table.put(ROOT, new Inode.OfDirectory(permissions, ROOT, FileStatus.BEGINNING));
    return new MemoryState(table, ROOT + 1, 0);
  }

  /** Returns the inode of an entry. */
  Inode get(long number) {
    Inode inode = table.get(number);
    if (inode == null) {
      throw new IllegalStateException("no inode " + number);
    }
    return inode;
  }

  /**
   * Returns the inode at a path from the root; null if there is none. Symbolic links are not
   * followed.
   */
  private @Nullable Inode find(String path) {
    Inode at = get(ROOT);
    for (String name : path.split("/", -1)) {
      Long number = at instanceof Inode.OfDirectory directory ? directory.entries.get(name) : null;
      if (number == null) {
        return null;
      }
      at = get(number);
    }
    return at;
  }

  @Override
  public long size(String path) {
    return find(path) instanceof Inode.OfFile file ? file.size() : -1;
  }

  @Override
  public int read(String path, long offset, byte[] target, int from, int length) {
    return find(path) instanceof Inode.OfFile file
        ? file.data.read(offset, target, from, length)
        : -1;
  }

  /**
   * Returns the paths in the order of names. The iterator keeps only its current path in memory.
   */
  @Override
  public Iterator<String> files(String prefix, Predicate<String> hidden) {
    return new Files(prefix, hidden);
  }

  private final class Files implements Iterator<String> {
    /** A directory whose entries are being visited. */
    private record Level(String prefix, Iterator<Map.Entry<String, Long>> entries) {}

    private final Predicate<String> hidden;
    private final Deque<Level> way = new ArrayDeque<>();
    private @Nullable String next;

    Files(String prefix, Predicate<String> hidden) {
      this.hidden = hidden;
      enter(prefix, get(ROOT));
      next = find();
    }

    private void enter(String prefix, Inode inode) {
      if (inode instanceof Inode.OfDirectory directory) {
        way.push(new Level(prefix, directory.entries.entrySet().iterator()));
      }
    }

    private @Nullable String find() {
      while (!way.isEmpty()) {
        Level level = way.element();
        if (!level.entries.hasNext()) {
          way.pop();
          continue;
        }
        Map.Entry<String, Long> entry = level.entries.next();
        int length = level.prefix.length() + entry.getKey().length();
        Inode inode = get(entry.getValue());
        if (length >= PathLimits.LONGEST_PATH || inode instanceof Inode.OfLink) {
          continue;
        }
        String path = level.prefix + entry.getKey();
        if (!hidden.test(path)) {
          if (inode instanceof Inode.OfFile) {
            return path;
          }
          enter(path + "/", inode);
        }
      }
      return null;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public String next() {
      String found = next;
      if (found == null) {
        throw new NoSuchElementException();
      }
      next = find();
      return found;
    }
  }
}

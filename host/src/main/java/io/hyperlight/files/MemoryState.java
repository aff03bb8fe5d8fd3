package io.hyperlight.files;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All files of a tree in memory at one moment. Immutable: neither the table nor an inode in it is
 * ever changed, so any number of trees and threads share it.
 *
 * @param table inodes by number
 * @param next the number that the next inode gets
 * @param used what they cost
 */
record MemoryState(Map<Long, Inode> table, long next, long used) {
  static final long ROOT = 1;

  /** With an empty root. */
  static MemoryState empty() {
    Map<Long, Inode> table = new HashMap<>();
    table.put(ROOT, new Inode.OfDirectory(0755, ROOT, MemorySource.BEGINNING));
    return new MemoryState(table, ROOT + 1, 0);
  }

  /** An inode that an entry names. */
  Inode get(long number) {
    Inode inode = table.get(number);
    if (inode == null) {
      throw new IllegalStateException("no inode " + number);
    }
    return inode;
  }

  /** What has a path from the root, without following links; null if there is nothing. */
  @Nullable Inode find(String path) {
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

  /**
   * Visits all regular files, each under all its names, the names in order. Those whose path would
   * be too long for a path are left out, since a guest can nest directories as deep as it wants.
   *
   * @param prefix what comes before each path: empty, or ends with a slash
   * @param hidden paths, prefix included, below which nothing is visited
   */
  void forEachFile(
      String prefix, Predicate<String> hidden, BiConsumer<String, Inode.OfFile> visitor) {
    record Step(String path, Inode inode) {}
    Deque<Step> pending = new ArrayDeque<>();
    pending.push(new Step(prefix, get(ROOT)));
    while (!pending.isEmpty()) {
      Step step = pending.pop();
      switch (step.inode) {
        case Inode.OfFile file -> visitor.accept(step.path, file);
        case Inode.OfLink _, Inode.OfSpecial _ -> {}
        case Inode.OfDirectory directory -> {
          String before =
              step.path.isEmpty() || step.path.endsWith("/") ? step.path : step.path + "/";
          directory
              .entries
              .descendingMap()
              .forEach((name, number) -> {
                String path = before + name;
                if (path.length() < FileSystem.LONGEST_PATH && !hidden.test(path)) {
                  pending.push(new Step(path, get(number)));
                }
              });
        }
      }
    }
  }
}

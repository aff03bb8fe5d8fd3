package io.hyperlight.files;

import io.hyperlight.os.Checkpoint;
import io.hyperlight.os.Errno;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory as one file system has them. All by number of inode; 0 is none.
 *
 * <p><b>Boundary.</b> Guests choose names, offsets, sizes and the order of everything. What they
 * can take of the heap is bounded by the {@link Budget}, and no method recurses along a path.
 *
 * <p>An inode goes when it has no name and nobody has it open. Who has what open is not part of a
 * state: going back to one makes all open contents invalid, which {@link #generation} tells them.
 */
final class MemoryTree implements Tree {
  static final long NONE = 0;

  /** As much as ext4 gives a file; so many names fit into a few megabytes. */
  private static final long MOST_LINKS = 65_000;

  private final int index;
  private final boolean writable;
  private final InstantSource clock;
  private final Checkpoint checkpoint;
  private final Budget budget;
  private final InodeTable inodes;
  private Map<Long, Integer> open = new HashMap<>();
  private long generation;
  private ContentWatcher watcher = ContentWatcher.NONE;

  MemoryTree(int index, MemorySource source, InstantSource clock, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.index = index;
    this.writable = source.isWritable();
    this.clock = clock;
    budget = new Budget(source.limitBytes());
    budget.setUsed(source.initial().used());
    inodes = new InodeTable(source.initial());
  }

  @Override
  public Node root() {
    return new MemoryNode(this, MemoryState.ROOT);
  }

  int index() {
    return index;
  }

  boolean isWritable() {
    return writable;
  }

  /** Lets somebody hear of every change of contents. */
  void watch(ContentWatcher listening) {
    watcher = listening;
  }

  /** All as it is now. */
  MemoryState state() {
    return inodes.freeze(budget.used());
  }

  @Override
  public @Nullable MemoryState freeze() {
    return writable ? state() : null;
  }

  @Override
  public void restore(@Nullable MemoryState earlier) {
    if (earlier != null) {
      inodes.restore(earlier);
      budget.setUsed(earlier.used());
    }
    generation++;
    if (!open.isEmpty()) {
      open = new HashMap<>();
    }
  }

  @Override
  public void close() {}

  // What there is.

  FileKind kind(long number) {
    return inodes.get(number).kind();
  }

  FileStatus status(long number) {
    Inode inode = inodes.get(number);
    return new FileStatus(
        FileSystem.deviceOf(index),
        number,
        inode.kind(),
        writable ? inode.permissions : inode.permissions & 0555,
        inode.links,
        inode.size(),
        inode.accessed,
        inode.modified,
        inode.changed,
        0);
  }

  /** Makes sure that the owner of a directory, who guests are, may look for names in it. */
  void requireSearchable(long directory) {
    if ((asDirectory(inodes.get(directory)).permissions & 0100) == 0) {
      throw new FileException(Errno.EACCES);
    }
  }

  /** What a directory has under a name, or {@link #NONE}. */
  long child(long directory, String name) {
    Long number = asDirectory(inodes.get(directory)).entries.get(name);
    return number == null ? NONE : number;
  }

  List<DirectoryEntry> entries(long directory) {
    List<DirectoryEntry> entries = new ArrayList<>();
    asDirectory(inodes.get(directory))
        .entries
        .forEach((name, number) -> entries.add(new DirectoryEntry(name, number, kind(number))));
    return entries;
  }

  String target(long link) {
    if (inodes.get(link) instanceof Inode.OfLink inode) {
      return inode.target;
    }
    throw new FileException(Errno.EINVAL);
  }

  // Making and removing.

  long createFile(long directory, String name, int permissions) {
    return create(directory, name, new Inode.OfFile(permissions, now()));
  }

  long createDirectory(long directory, String name, int permissions) {
    long made = create(directory, name, new Inode.OfDirectory(permissions, directory, now()));
    inodes.change(directory).links++;
    return made;
  }

  long createSymbolicLink(long directory, String name, String target) {
    return create(directory, name, new Inode.OfLink(target, now()));
  }

  private long create(long directory, String name, Inode inode) {
    requireWritable();
    requireFree(directory, name);
    take(inode.cost() + costOf(name));
    long number = inodes.add(inode);
    put(directory, name, number);
    return number;
  }

  void link(long directory, String name, long existing) {
    requireWritable();
    requireFree(directory, name);
    Inode inode = inodes.get(existing);
    if (inode.kind() == FileKind.DIRECTORY) {
      throw new FileException(Errno.EPERM);
    }
    if (inode.links == 0) {
      throw new FileException(Errno.ENOENT);
    }
    if (inode.links >= MOST_LINKS) {
      throw new FileException(Errno.EMLINK);
    }
    take(costOf(name));
    Inode linked = inodes.change(existing);
    linked.links++;
    linked.changed = now();
    put(directory, name, existing);
  }

  void unlink(long directory, String name) {
    requireWritable();
    long number = require(directory, name);
    if (kind(number) == FileKind.DIRECTORY) {
      throw new FileException(Errno.EISDIR);
    }
    take(directory, name);
    drop(number);
  }

  void removeDirectory(long directory, String name) {
    requireWritable();
    long number = require(directory, name);
    if (!asDirectory(inodes.get(number)).entries.isEmpty()) {
      throw new FileException(Errno.ENOTEMPTY);
    }
    take(directory, name);
    drop(number);
    inodes.change(directory).links--;
  }

  /** As {@code rename(2)}. */
  void rename(long from, String name, long to, String newName, boolean replace) {
    requireWritable();
    long moved = require(from, name);
    long replaced = child(to, newName);
    if (replaced != NONE && !replace) {
      throw new FileException(Errno.EEXIST);
    }
    boolean isDirectory = kind(moved) == FileKind.DIRECTORY;
    if (isDirectory && isAtOrAbove(moved, to)) {
      throw new FileException(Errno.EINVAL);
    }
    if (replaced != NONE && isAtOrAbove(replaced, from)) {
      throw new FileException(Errno.ENOTEMPTY);
    }
    if (replaced == moved) {
      return;
    }
    if (replaced != NONE) {
      requireReplaceable(replaced, isDirectory);
    }
    long more = replaced != NONE ? 0 : costOf(newName) - costOf(name);
    if (more > 0) {
      take(more);
    } else if (more < 0) {
      budget.giveBack(-more);
    } else if (replaced != NONE) {
      budget.giveBack(costOf(name));
    }
    asDirectory(inodes.change(from)).entries.remove(name);
    put(to, newName, moved);
    touch(from);
    Inode inode = inodes.change(moved);
    inode.changed = now();
    if (replaced != NONE) {
      drop(replaced);
    }
    if (inode instanceof Inode.OfDirectory directory) {
      directory.parent = to;
      inodes.change(from).links--;
      if (replaced == NONE) {
        inodes.change(to).links++;
      }
    }
  }

  private void requireReplaceable(long replaced, boolean byDirectory) {
    Inode inode = inodes.get(replaced);
    if (inode instanceof Inode.OfDirectory directory) {
      if (!byDirectory) {
        throw new FileException(Errno.EISDIR);
      }
      if (!directory.entries.isEmpty()) {
        throw new FileException(Errno.ENOTEMPTY);
      }
    } else if (byDirectory) {
      throw new FileException(Errno.ENOTDIR);
    }
  }

  /** Whether a directory, if it is one, is another one or lies on the way to that. */
  private boolean isAtOrAbove(long upper, long directory) {
    long at = directory;
    while (at != upper && at != MemoryState.ROOT) {
      checkpoint.pass();
      at = asDirectory(inodes.get(at)).parent;
    }
    return at == upper;
  }

  // Changing.

  void setPermissions(long number, int permissions) {
    requireWritable();
    Inode inode = inodes.change(number);
    inode.permissions = permissions;
    inode.changed = now();
  }

  void setTimes(long number, @Nullable Instant accessed, @Nullable Instant modified) {
    requireWritable();
    Inode inode = inodes.change(number);
    if (accessed != null) {
      inode.accessed = accessed;
    }
    if (modified != null) {
      inode.modified = modified;
    }
    inode.changed = now();
  }

  int read(long number, long offset, byte[] target, int from, int length) {
    return file(inodes.get(number)).data.read(offset, target, from, length);
  }

  int write(long number, long offset, byte[] source, int from, int length) {
    requireWritable();
    if (length == 0) {
      return 0;
    }
    if (offset >= budget.limit()) {
      throw new FileException(Errno.EFBIG);
    }
    int count = (int) Math.min(length, budget.limit() - offset);
    Inode.OfFile inode = file(inodes.change(number));
    boolean watched = watcher.changing(FileSystem.deviceOf(index), number, offset, offset + count);
    int written = inode.data.write(offset, source, from, count, budget);
    if (watched) {
      watcher.changed();
    }
    if (written == 0) {
      throw new FileException(Errno.ENOSPC);
    }
    inode.modified = now();
    inode.changed = inode.modified;
    return written;
  }

  void truncate(long number, long size) {
    requireWritable();
    if (size > budget.limit()) {
      throw new FileException(Errno.EFBIG);
    }
    Inode.OfFile inode = file(inodes.change(number));
    long before = inode.data.size();
    boolean watched =
        watcher.changing(
            FileSystem.deviceOf(index), number, Math.min(before, size), Math.max(before, size));
    inode.data.truncate(size, budget);
    if (watched) {
      watcher.changed();
    }
    inode.modified = now();
    inode.changed = inode.modified;
  }

  // Contents that are open.

  /** Changes with every restore. */
  long generation() {
    return generation;
  }

  /** Somebody has a file open. */
  void retain(long number) {
    file(inodes.get(number));
    open.merge(number, 1, Integer::sum);
  }

  /** Somebody of this generation has it open no longer. */
  void release(long number) {
    int others = open.merge(number, -1, Integer::sum);
    if (others == 0) {
      open.remove(number);
      Inode inode = inodes.get(number);
      if (inode.links == 0) {
        forget(number, inode);
      }
    }
  }

  // Names and inodes.

  private Instant now() {
    return clock.instant();
  }

  private static long costOf(String name) {
    return Budget.NAME + name.length();
  }

  private void take(long bytes) {
    if (!budget.take(bytes)) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  private void requireWritable() {
    if (!writable) {
      throw new FileException(Errno.EROFS);
    }
  }

  private void requireFree(long directory, String name) {
    if (child(directory, name) != NONE) {
      throw new FileException(Errno.EEXIST);
    }
  }

  private long require(long directory, String name) {
    long number = child(directory, name);
    if (number == NONE) {
      throw new FileException(Errno.ENOENT);
    }
    return number;
  }

  private void put(long directory, String name, long number) {
    asDirectory(inodes.change(directory)).entries.put(name, number);
    touch(directory);
  }

  private void take(long directory, String name) {
    asDirectory(inodes.change(directory)).entries.remove(name);
    budget.giveBack(costOf(name));
    touch(directory);
  }

  private void touch(long directory) {
    Inode inode = inodes.change(directory);
    inode.modified = now();
    inode.changed = inode.modified;
  }

  /** An inode has lost a name. */
  private void drop(long number) {
    Inode inode = inodes.change(number);
    inode.links = inode instanceof Inode.OfDirectory ? 0 : inode.links - 1;
    inode.changed = now();
    if (inode.links == 0 && !open.containsKey(number)) {
      forget(number, inode);
    }
  }

  private void forget(long number, Inode inode) {
    budget.giveBack(inode.cost());
    inodes.remove(number);
  }

  private static Inode.OfDirectory asDirectory(Inode inode) {
    if (inode instanceof Inode.OfDirectory directory) {
      return directory;
    }
    throw new FileException(Errno.ENOTDIR);
  }

  private static Inode.OfFile file(Inode inode) {
    return switch (inode) {
      case Inode.OfFile file -> file;
      case Inode.OfDirectory _ -> throw new FileException(Errno.EISDIR);
      case Inode.OfLink _ -> throw new FileException(Errno.ELOOP);
    };
  }
}

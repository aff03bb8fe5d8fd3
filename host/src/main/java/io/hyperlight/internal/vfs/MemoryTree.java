package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
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

  private final int device;
  private final boolean writable;
  private final InstantSource clock;
  private final Checkpoint checkpoint;
  private final Budget budget;
  private final InodeTable inodes;
  private final InodeHolds holds = new InodeHolds();
  private long generation;
  private ContentWatcher watcher = ContentWatcher.NONE;

  MemoryTree(int device, MemorySource source, InstantSource clock, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.device = device;
    this.writable = source.isWritable();
    this.clock = clock;
    budget = new Budget(source.limitBytes());
    budget.setUsed(source.initial().used());
    inodes = new InodeTable(source.initial(), checkpoint);
  }

  @Override
  public Node root() {
    return new MemoryNode(this, MemoryState.ROOT);
  }

  int device() {
    return device;
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
    forgetHolds();
  }

  @Override
  public void forgetHolds() {
    generation++;
    holds.clear();
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
        device,
        number,
        inode.kind(),
        inode.permissions,
        inode.links,
        inode.size(),
        inode.allocated(),
        inode.accessed,
        inode.modified,
        inode.changed,
        0);
  }

  /** What is left, for files of no size at all. */
  Space space() {
    long file = Budget.INODE + Budget.NAME;
    return writable
        ? new Space(
            budget.limit(),
            budget.available(),
            Math.max(1, budget.limit() / file),
            budget.available() / file)
        : new Space(budget.used(), 0, inodes.count(), 0);
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

  /** At most so many entries of a directory behind one, which may be gone, or from the first on. */
  List<DirectoryEntry> entriesAfter(long directory, @Nullable String last, int most) {
    NavigableMap<String, Long> all = asDirectory(inodes.get(directory)).entries;
    List<DirectoryEntry> entries = new ArrayList<>();
    for (Map.Entry<String, Long> entry :
        (last == null ? all : all.tailMap(last, false)).entrySet()) {
      if (entries.size() == most) {
        break;
      }
      checkpoint.pass();
      long number = entry.getValue();
      entries.add(new DirectoryEntry(entry.getKey(), number, kind(number)));
    }
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

  long createSpecial(long directory, String name, FileKind kind, int permissions) {
    return create(directory, name, new Inode.OfSpecial(kind, permissions, now()));
  }

  /** To be opened at once, since nothing else keeps it. */
  long createUnnamed(int permissions, boolean linkable) {
    requireWritable();
    Inode inode = Inode.OfFile.unnamed(permissions, now(), linkable);
    take(inode.cost());
    return inodes.add(inode);
  }

  private long create(long directory, String name, Inode inode) {
    requireWritable();
    requireThere(directory);
    requireFree(directory, name);
    inodes.change(directory); // a large one is copied now, where nothing is half done
    take(inode.cost() + costOf(name));
    long number = inodes.add(inode);
    put(directory, name, number);
    return number;
  }

  void link(long directory, String name, long existing) {
    requireWritable();
    requireThere(directory);
    requireFree(directory, name);
    Inode inode = inodes.get(existing);
    if (inode.kind() == FileKind.DIRECTORY) {
      throw new FileException(Errno.EPERM);
    }
    if (inode.links == 0 && !(inode instanceof Inode.OfFile file && file.linkable)) {
      throw new FileException(Errno.ENOENT);
    }
    if (inode.links >= MOST_LINKS) {
      throw new FileException(Errno.EMLINK);
    }
    inodes.change(directory);
    take(costOf(name));
    Inode linked = inodes.change(existing);
    linked.links++;
    linked.changed = now();
    if (linked instanceof Inode.OfFile file) {
      file.linkable = false;
    }
    put(directory, name, existing);
  }

  void unlink(long directory, String name) {
    requireWritable();
    long number = require(directory, name);
    if (kind(number) == FileKind.DIRECTORY) {
      throw new FileException(Errno.EISDIR);
    }
    inodes.change(directory);
    take(directory, name);
    drop(number);
  }

  void removeDirectory(long directory, String name) {
    requireWritable();
    long number = require(directory, name);
    if (!asDirectory(inodes.get(number)).entries.isEmpty()) {
      throw new FileException(Errno.ENOTEMPTY);
    }
    inodes.change(directory);
    take(directory, name);
    drop(number);
    inodes.change(directory).links--;
  }

  void rename(long from, String name, long to, String newName, Renaming how) {
    requireWritable();
    requireThere(from);
    requireThere(to);
    new MemoryRenaming(this, inodes, budget, from, name, to, newName).run(how, checkpoint);
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
    checkpoint.passBytes(length);
    return file(inodes.get(number)).data.read(offset, target, from, length);
  }

  int write(long number, long offset, byte[] source, int from, int length) {
    requireWritable();
    if (length == 0) {
      return 0;
    }
    checkpoint.passBytes(length);
    if (offset == Long.MAX_VALUE) {
      throw new FileException(Errno.EFBIG);
    }
    int count = (int) Math.min(length, Long.MAX_VALUE - offset);
    Inode.OfFile inode = file(inodes.change(number));
    boolean watched = watcher.changing(device, number, offset, offset + count);
    int written = inode.data.write(offset, source, from, count, budget);
    if (watched) {
      watcher.changed();
    }
    if (written == 0) {
      throw new FileException(Errno.ENOSPC);
    }
    written(inode);
    return written;
  }

  void truncate(long number, long size) {
    requireWritable();
    Inode.OfFile inode = file(inodes.change(number));
    long before = inode.data.size();
    boolean watched =
        watcher.changing(device, number, Math.min(before, size), Math.max(before, size));
    inode.data.truncate(size, budget, checkpoint);
    if (watched) {
      watcher.changed();
    }
    written(inode);
  }

  void punch(long number, long from, long to) {
    requireWritable();
    Inode.OfFile inode = file(inodes.change(number));
    boolean watched = watcher.changing(device, number, from, to);
    inode.data.punch(from, to, budget, checkpoint);
    if (watched) {
      watcher.changed();
    }
    written(inode);
  }

  /** Makes sure that there is room for what is written to a part of a file. */
  void reserve(long number, long from, long to, boolean extend) {
    requireWritable();
    Inode.OfFile inode = file(inodes.change(number));
    if (!inode.data.reserve(from, to, budget, checkpoint)) {
      throw new FileException(Errno.ENOSPC);
    }
    if (extend) {
      inode.data.extend(to);
    }
    written(inode);
  }

  long nextData(long number, long offset) {
    return file(inodes.get(number)).data.nextData(offset, checkpoint);
  }

  long nextHole(long number, long offset) {
    return file(inodes.get(number)).data.nextHole(offset, checkpoint);
  }

  /** Whoever writes a program is not to make it one of its owner's by that. */
  private void written(Inode.OfFile inode) {
    int groupMayRun = inode.permissions & 0010;
    inode.permissions &= ~(04000 | (groupMayRun != 0 ? 02000 : 0));
    inode.modified = now();
    inode.changed = inode.modified;
  }

  // What is kept without a name.

  /** Changes with every restore. */
  long generation() {
    return generation;
  }

  /** Somebody has a regular file open. */
  void retainFile(long number) {
    file(inodes.get(number));
    retain(number);
  }

  /** Keeps an inode until the hold is closed, or the tree is restored. */
  Hold hold(long number) {
    retain(number);
    long begun = generation;
    return new Hold() {
      private boolean ended;

      @Override
      public void close() {
        if (!ended && begun == generation) {
          release(number);
        }
        ended = true;
      }
    };
  }

  /** A directory without a name keeps the one above, to which ".." leads. */
  private void retain(long number) {
    long at = number;
    while (true) {
      checkpoint.pass();
      if (!holds.add(at)
          || !(inodes.get(at) instanceof Inode.OfDirectory directory)
          || directory.links > 0) {
        return;
      }
      at = directory.parent;
    }
  }

  /** Somebody of this generation has it no longer. */
  void release(long number) {
    long at = number;
    while (true) {
      checkpoint.pass();
      if (!holds.remove(at)) {
        return;
      }
      Inode inode = inodes.get(at);
      if (inode.links > 0) {
        return;
      }
      forget(at, inode);
      if (!(inode instanceof Inode.OfDirectory directory)) {
        return;
      }
      at = directory.parent;
    }
  }

  // Names and inodes.

  Instant now() {
    return clock.instant();
  }

  static long costOf(String name) {
    return Budget.NAME + name.length();
  }

  void take(long bytes) {
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

  /** Nothing can be made in a directory that was removed. */
  private void requireThere(long directory) {
    if (inodes.get(directory).links == 0) {
      throw new FileException(Errno.ENOENT);
    }
  }

  long require(long directory, String name) {
    long number = child(directory, name);
    if (number == NONE) {
      throw new FileException(Errno.ENOENT);
    }
    return number;
  }

  void put(long directory, String name, long number) {
    asDirectory(inodes.change(directory)).entries.put(name, number);
    touch(directory);
  }

  private void take(long directory, String name) {
    asDirectory(inodes.change(directory)).entries.remove(name);
    budget.giveBack(costOf(name));
    touch(directory);
  }

  void touch(long directory) {
    Inode inode = inodes.change(directory);
    inode.modified = now();
    inode.changed = inode.modified;
  }

  /** An inode has lost a name. */
  void drop(long number) {
    Inode inode = inodes.change(number);
    inode.links = inode instanceof Inode.OfDirectory ? 0 : inode.links - 1;
    inode.changed = now();
    if (inode.links > 0) {
      return;
    }
    if (!holds.has(number)) {
      forget(number, inode);
    } else if (inode instanceof Inode.OfDirectory directory) {
      retain(directory.parent);
    }
  }

  private void forget(long number, Inode inode) {
    budget.giveBack(inode.cost());
    inodes.remove(number);
  }

  static Inode.OfDirectory asDirectory(Inode inode) {
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
      case Inode.OfSpecial _ -> throw new FileException(Errno.ENXIO);
    };
  }
}

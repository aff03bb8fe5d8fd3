package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * The directories of a tree in memory: finds, makes and removes names.
 *
 * <p>Each change copies large inodes first, while nothing is half done: a checkpoint may end the
 * call there.
 */
final class MemoryDirectories {
  /** The number that stands for no inode. */
  static final long NONE = 0;

  /** The limit of ext4 for one file. So many names fit into a few megabytes. */
  private static final long MAX_LINKS = 65_000;

  private final InodeStore inodes;

  MemoryDirectories(InodeStore inodes) {
    this.inodes = inodes;
  }

  // Lookups.

  /** Checks that the owner of a directory may look up names in it. Guests are the owner. */
  void requireSearchable(long directory) {
    if ((inodes.get(directory).asDirectory().permissions & 0100) == 0) {
      throw new FileException(Errno.EACCES);
    }
  }

  /** Returns the number of the inode with a name, or {@link #NONE}. */
  long child(long directory, String name) {
    Long number = inodes.get(directory).asDirectory().entries.get(name);
    return number == null ? NONE : number;
  }

  /** Returns the number of the inode with a name; ENOENT if there is none. */
  long require(long directory, String name) {
    long number = child(directory, name);
    if (number == NONE) {
      throw new FileException(Errno.ENOENT);
    }
    return number;
  }

  /**
   * Returns the entries that follow a name, at most a given number of them. The name may be gone by
   * now; null stands for the beginning.
   */
  List<DirectoryEntry> entriesAfter(long directory, @Nullable String last, int most) {
    NavigableMap<String, Long> all = inodes.get(directory).asDirectory().entries;
    List<DirectoryEntry> entries = new ArrayList<>();
    for (Map.Entry<String, Long> entry :
        (last == null ? all : all.tailMap(last, false)).entrySet()) {
      if (entries.size() == most) {
        break;
      }
      inodes.checkpoint().pass();
      long number = entry.getValue();
      entries.add(new DirectoryEntry(entry.getKey(), number, inodes.get(number).kind()));
    }
    return entries;
  }

  // Creation.

  long createFile(long directory, String name, int permissions) {
    return create(directory, name, new Inode.OfFile(permissions, inodes.now()));
  }

  long createDirectory(long directory, String name, int permissions) {
    long made =
        create(directory, name, new Inode.OfDirectory(permissions, directory, inodes.now()));
    inodes.change(directory).links++;
    return made;
  }

  long createSymbolicLink(long directory, String name, String target) {
    return create(directory, name, new Inode.OfLink(target, inodes.now()));
  }

  long createSpecial(long directory, String name, FileKind kind, int permissions) {
    return create(directory, name, new Inode.OfSpecial(kind, permissions, inodes.now()));
  }

  /** Makes a file without a name. The caller opens it at once, since nothing else keeps it. */
  long createUnnamed(int permissions, boolean linkable) {
    inodes.requireWritable();
    Inode inode = Inode.OfFile.unnamed(permissions, inodes.now(), linkable);
    inodes.take(inode.cost());
    return inodes.add(inode);
  }

  private long create(long directory, String name, Inode inode) {
    inodes.requireWritable();
    requireThere(directory);
    requireFree(directory, name);
    inodes.change(directory); // copies a large one while nothing is half done
    inodes.take(inode.cost() + costOf(name));
    long number = inodes.add(inode);
    put(directory, name, number);
    return number;
  }

  void link(long directory, String name, long existing) {
    inodes.requireWritable();
    requireThere(directory);
    requireFree(directory, name);
    Inode inode = inodes.get(existing);
    if (inode.kind() == FileKind.DIRECTORY) {
      throw new FileException(Errno.EPERM);
    }
    if (inode.links == 0 && !(inode instanceof Inode.OfFile file && file.linkable)) {
      throw new FileException(Errno.ENOENT);
    }
    if (inode.links >= MAX_LINKS) {
      throw new FileException(Errno.EMLINK);
    }
    inodes.change(directory);
    inodes.take(costOf(name));
    Inode linked = inodes.change(existing);
    linked.links++;
    linked.changed = inodes.now();
    if (linked instanceof Inode.OfFile file) {
      file.linkable = false;
    }
    put(directory, name, existing);
  }

  // Removal.

  void unlink(long directory, String name) {
    inodes.requireWritable();
    long number = require(directory, name);
    if (inodes.get(number).kind() == FileKind.DIRECTORY) {
      throw new FileException(Errno.EISDIR);
    }
    inodes.change(directory);
    take(directory, name);
    inodes.drop(number);
  }

  void removeDirectory(long directory, String name) {
    inodes.requireWritable();
    long number = require(directory, name);
    if (!inodes.get(number).asDirectory().entries.isEmpty()) {
      throw new FileException(Errno.ENOTEMPTY);
    }
    inodes.change(directory);
    take(directory, name);
    inodes.drop(number);
    inodes.change(directory).links--;
  }

  // Names.

  static long costOf(String name) {
    return Budget.NAME + name.length();
  }

  private void requireFree(long directory, String name) {
    if (child(directory, name) != NONE) {
      throw new FileException(Errno.EEXIST);
    }
  }

  /** Checks that a directory still exists: nothing can be made in a removed one. */
  void requireThere(long directory) {
    if (inodes.get(directory).links == 0) {
      throw new FileException(Errno.ENOENT);
    }
  }

  void put(long directory, String name, long number) {
    inodes.change(directory).asDirectory().entries.put(name, number);
    touch(directory);
  }

  private void take(long directory, String name) {
    inodes.change(directory).asDirectory().entries.remove(name);
    inodes.budget().release(costOf(name));
    touch(directory);
  }

  void touch(long directory) {
    Inode inode = inodes.change(directory);
    inode.modified = inodes.now();
    inode.changed = inode.modified;
  }
}

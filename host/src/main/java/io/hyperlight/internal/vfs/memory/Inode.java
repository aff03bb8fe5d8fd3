package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Seals;
import java.time.Instant;
import java.util.TreeMap;

/**
 * A file in memory, without its names. An inode changes only while it is one of a single tree's
 * changes; inodes of a state never change.
 */
abstract sealed class Inode {
  int permissions;

  /** The number of names; for a directory, the number of directories that refer to it. */
  long links;

  Instant accessed;
  Instant modified;
  Instant changed;

  private Inode(int permissions, long links, Instant now) {
    this.permissions = permissions;
    this.links = links;
    accessed = now;
    modified = now;
    changed = now;
  }

  private Inode(Inode original) {
    permissions = original.permissions;
    links = original.links;
    accessed = original.accessed;
    modified = original.modified;
    changed = original.changed;
  }

  abstract FileKind kind();

  /** Returns this as a directory; ENOTDIR if it is not one. */
  final OfDirectory asDirectory() {
    if (this instanceof OfDirectory directory) {
      return directory;
    }
    throw new FileException(Errno.ENOTDIR);
  }

  /** Returns this as a regular file, or fails with the error that Linux has for the other kinds. */
  final OfFile asFile() {
    return switch (this) {
      case OfFile file -> file;
      case OfDirectory _ -> throw new FileException(Errno.EISDIR);
      case OfLink _ -> throw new FileException(Errno.ELOOP);
      case OfSpecial _ -> throw new FileException(Errno.ENXIO);
    };
  }

  abstract long size();

  /** Returns how many bytes the contents take. */
  long allocated() {
    return 0;
  }

  /** Returns how many bytes the budget was charged for, without names. */
  abstract long cost();

  /**
   * Returns a copy that may be changed. The original must not be changed any more.
   *
   * @param checkpoint for a copy that the guest can make as large as it wants
   */
  abstract Inode copy(Checkpoint checkpoint);

  /** A regular file. */
  static final class OfFile extends Inode {
    final FileData data;

    /** Whether a file that was made without a name may get one. */
    boolean linkable;

    /** As {@link Seals} has them. */
    int seals = Seals.SEAL;

    OfFile(int permissions, Instant now) {
      super(permissions, 1, now);
      data = new FileData();
    }

    /**
     * Creates a file without a name.
     *
     * @param linkable whether it may get a name later
     */
    static OfFile unnamed(int permissions, Instant now, boolean linkable) {
      OfFile file = new OfFile(permissions, now);
      file.links = 0;
      file.linkable = linkable;
      return file;
    }

    private OfFile(OfFile original) {
      super(original);
      data = original.data.copy();
      linkable = original.linkable;
      seals = original.seals;
    }

    @Override
    FileKind kind() {
      return FileKind.REGULAR;
    }

    @Override
    long size() {
      return data.size();
    }

    @Override
    long allocated() {
      return data.allocated();
    }

    @Override
    long cost() {
      return Budget.INODE + data.cost();
    }

    @Override
    Inode copy(Checkpoint checkpoint) {
      return new OfFile(this);
    }
  }

  /** A directory. */
  static final class OfDirectory extends Inode {
    /** The numbers of inodes, by name. */
    final TreeMap<String, Long> entries;

    /** The number of the parent directory; the root is its own parent. */
    long parent;

    OfDirectory(int permissions, long parent, Instant now) {
      super(permissions, 2, now);
      this.parent = parent;
      entries = new TreeMap<>();
    }

    private OfDirectory(OfDirectory original, Checkpoint checkpoint) {
      super(original);
      parent = original.parent;
      entries = new TreeMap<>();
      original.entries.forEach((name, number) -> {
        checkpoint.pass();
        entries.put(name, number);
      });
    }

    @Override
    FileKind kind() {
      return FileKind.DIRECTORY;
    }

    @Override
    long size() {
      return 4096;
    }

    @Override
    long cost() {
      return Budget.INODE;
    }

    @Override
    Inode copy(Checkpoint checkpoint) {
      return new OfDirectory(this, checkpoint);
    }
  }

  /** A symbolic link. */
  static final class OfLink extends Inode {
    final String target;

    OfLink(String target, Instant now) {
      super(0777, 1, now);
      this.target = target;
    }

    private OfLink(OfLink original) {
      super(original);
      target = original.target;
    }

    @Override
    FileKind kind() {
      return FileKind.SYMBOLIC_LINK;
    }

    @Override
    long size() {
      return target.length();
    }

    @Override
    long cost() {
      return Budget.INODE + target.length();
    }

    @Override
    Inode copy(Checkpoint checkpoint) {
      return new OfLink(this);
    }
  }

  /** An entry that is not a file but only a name: a FIFO, a socket, a device. */
  static final class OfSpecial extends Inode {
    private final FileKind kind;

    OfSpecial(FileKind kind, int permissions, Instant now) {
      super(permissions, 1, now);
      this.kind = kind;
    }

    private OfSpecial(OfSpecial original) {
      super(original);
      kind = original.kind;
    }

    @Override
    FileKind kind() {
      return kind;
    }

    @Override
    long size() {
      return 0;
    }

    @Override
    long cost() {
      return Budget.INODE;
    }

    @Override
    Inode copy(Checkpoint checkpoint) {
      return new OfSpecial(this);
    }
  }
}

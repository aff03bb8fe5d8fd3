package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.fd.DirectoryFile;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists directories, and sets the working directory of a process. */
public final class DirectoryCalls {
  /** The maximum number of bytes that one call lists. */
  private static final int LONGEST_LISTING = 1 << 16;

  /** "." and "..". */
  private static final int DOTS = 2;

  /** How many entries are looked up at a time. */
  private static final int PIECE = 256;

  private final Paths paths;
  private final ProcessFiles files;
  private final GuestMemory memory;
  private final HeapBudget heap;
  private final Checkpoint checkpoint;

  public DirectoryCalls(
      Paths paths, ProcessFiles files, GuestMemory memory, HeapBudget heap, Checkpoint checkpoint) {
    this.paths = paths;
    this.files = files;
    this.memory = memory;
    this.heap = heap;
    this.checkpoint = checkpoint;
  }

  public long getdents(int descriptor, long target, int size) {
    return list(descriptor, target, size, false);
  }

  public long getdents64(int descriptor, long target, int size) {
    return list(descriptor, target, size, true);
  }

  private long list(int descriptor, long target, int size, boolean wide) {
    if (!(files.descriptors().get(descriptor) instanceof DirectoryFile directory)) {
      return -Errno.ENOTDIR;
    }
    if (directory.status().links() == 0) {
      return -Errno.ENOENT; // a removed directory, which readdir(3) takes for the end
    }
    long wanted = Integer.toUnsignedLong(size);
    ByteBuffer entries = GuestMemory.struct((int) Math.min(wanted, LONGEST_LISTING));
    DirectoryEntry last = null;
    int told = directory.told();
    Entries left = new Entries(directory);
    for (DirectoryEntry next = left.next(); next != null; next = left.next()) {
      if (!put(entries, next, told + 1, wide)) {
        if (last == null) {
          return -Errno.EINVAL; // too small for one entry
        }
        break;
      }
      told++;
      last = next;
    }
    if (last == null) {
      return 0;
    }
    byte[] bytes = new byte[entries.position()];
    entries.get(0, bytes);
    memory.write(target, bytes);
    directory.moveTo(told, told > DOTS ? last.name() : null);
    return bytes.length;
  }

  /** Returns the next entries of a directory, "." and ".." first. */
  private final class Entries {
    private final DirectoryFile directory;
    private final Node node;
    private int position;
    private @Nullable String last;
    private List<DirectoryEntry> piece = List.of();
    private int at;

    Entries(DirectoryFile directory) {
      this.directory = directory;
      node = directory.place().node();
      last = directory.last();
      if (last == null && node.isListedInPieces()) {
        // The guest has set the offset. It counts entries, so skip as many.
        while (position < directory.told() && next() != null) {}
      }
      position = directory.told();
    }

    @Nullable DirectoryEntry next() {
      checkpoint.pass();
      if (position < DOTS) {
        return dots(position++ == 0);
      }
      DirectoryEntry next = node.isListedInPieces() ? nextOfPiece() : nextOfListing();
      if (next != null) {
        position++;
      }
      return next;
    }

    private @Nullable DirectoryEntry nextOfPiece() {
      if (at == piece.size()) {
        piece = node.entriesAfter(last, PIECE);
        at = 0;
        if (piece.isEmpty()) {
          return null;
        }
        last = piece.getLast().name();
      }
      return piece.get(at++);
    }

    private @Nullable DirectoryEntry nextOfListing() {
      List<DirectoryEntry> listing = directory.listing();
      if (listing == null) {
        listing = directory.list(List.copyOf(node.entries(heap.left())), heap, checkpoint);
      }
      return position - DOTS < listing.size() ? listing.get(position - DOTS) : null;
    }

    private DirectoryEntry dots(boolean one) {
      Location location = directory.place();
      Location parent = location.parent();
      Node named = one || parent == null ? node : parent.node();
      return new DirectoryEntry(one ? "." : "..", named.status().inode(), FileKind.DIRECTORY);
    }
  }

  /**
   * Writes a {@code struct linux_dirent64}, or the older structure. Returns false if the entry no
   * longer fits.
   */
  private static boolean put(ByteBuffer target, DirectoryEntry entry, int next, boolean wide) {
    byte[] name = entry.name().getBytes(StandardCharsets.ISO_8859_1);
    int header = wide ? 19 : 18;
    // The older structure has the kind after the name's zero byte.
    int length = (header + name.length + (wide ? 1 : 2) + 7) & -8;
    if (target.remaining() < length) {
      return false;
    }
    int at = target.position();
    target.putLong(at, entry.inode()).putLong(at + 8, next).putShort(at + 16, (short) length);
    target.put(at + header, name);
    target.put(wide ? at + 18 : at + length - 1, (byte) entry.kind().entryType());
    target.position(at + length);
    return true;
  }

  public long getcwd(long target, long size) {
    Location directory = files.workingDirectory();
    if (directory.node().status().links() == 0) {
      return -Errno.ENOENT; // the directory was removed
    }
    byte[] path = (directory.path() + "\0").getBytes(StandardCharsets.ISO_8859_1);
    if (Long.compareUnsigned(size, path.length) < 0) {
      return -Errno.ERANGE;
    }
    memory.write(target, path);
    return path.length;
  }

  public long chdir(long path) {
    return changeTo(paths.resolve(Paths.AT_FDCWD, path, true));
  }

  public long fchdir(int descriptor) {
    Location location = files.descriptors().any(descriptor).location();
    if (location == null) {
      throw new FileException(Errno.ENOTDIR);
    }
    return changeTo(location);
  }

  private long changeTo(Location location) {
    if (!Paths.isKind(location, FileKind.DIRECTORY)) {
      return -Errno.ENOTDIR;
    }
    Paths.requireAllowed(location, Paths.EXECUTE);
    heap.require(HeapBudget.of(location) - HeapBudget.of(files.workingDirectory()));
    files.setWorkingDirectory(location);
    return 0;
  }

  public long umask(int mask) {
    long before = files.umask();
    files.setUmask(mask & 0777);
    return before;
  }
}

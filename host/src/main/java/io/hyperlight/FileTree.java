package io.hyperlight;

import io.hyperlight.error.InvalidFileTreeException;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.TreeSource;
import io.hyperlight.internal.vfs.archive.ArchiveReader;
import io.hyperlight.internal.vfs.archive.InvalidArchiveException;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.internal.vfs.memory.MemorySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A tree of files that can be mounted in the file system of a guest. A guest without any tree sees
 * an empty directory.
 *
 * <p>There are three kinds:
 *
 * <ul>
 *   <li><b>a directory or a file of the host</b> ({@link #directory}, {@link #file}), read-only. A
 *       guest sees the current contents. It sees regular files, directories and symbolic links. It
 *       does not see devices, pipes, sockets, or what is mounted below the directory. Links are
 *       followed inside the guest's own file system. So no link leads outside, whatever its target
 *       is, even if the directory changes in the meantime. Hard links are other names of the same
 *       file, so a file in the directory is visible even if it has names elsewhere;
 *   <li><b>an archive</b> ({@link #archive(Path)}), unpacked into memory once, read-only;
 *   <li><b>memory</b> ({@link #memory}), empty or with files added to it ({@link #with}). Guests
 *       can write it up to a limit, unless it is {@link #readOnly}.
 * </ul>
 *
 * <p>A file tree is immutable and safe for use by many threads. Make it once and use it for many
 * sandboxes. Each sandbox has its own changes to a tree in memory, and all sandboxes share what is
 * unchanged.
 */
public final class FileTree {
  private static final long DEFAULT_ARCHIVE_BYTES = 256L << 20;

  private final TreeSource source;
  private final String name;

  private FileTree(TreeSource source, String name) {
    this.source = source;
    this.name = name;
  }

  /**
   * Returns a read-only tree of a host directory and everything below it.
   *
   * <p>The directory stays open while sandboxes use it. This needs Linux 5.6 and {@code /proc}.
   *
   * @param path the directory; symbolic links in this path are followed
   * @return the tree
   * @throws InvalidFileTreeException if the path does not exist or is not a directory
   */
  public static FileTree directory(Path path) {
    if (!Files.isDirectory(path)) {
      throw notThere(path, "directory");
    }
    return new FileTree(
        new HostSource(path, FileKind.DIRECTORY), "directory " + HostPath.text(path));
  }

  /**
   * Returns a read-only tree of one regular file of the host. It is mounted as a file.
   *
   * <p>The file stays open while sandboxes use it. If another file replaces it under the same name,
   * those sandboxes still see the old one.
   *
   * @param path the file; symbolic links in this path are followed
   * @return the tree
   * @throws InvalidFileTreeException if the path does not exist or is not a regular file
   */
  public static FileTree file(Path path) {
    if (!Files.isRegularFile(path)) {
      throw notThere(path, "regular file");
    }
    return new FileTree(new HostSource(path, FileKind.REGULAR), "file " + HostPath.text(path));
  }

  private static InvalidFileTreeException notThere(Path path, String kind) {
    return new InvalidFileTreeException(
        HostPath.text(path)
            + (Files.exists(path) ? " is not a " + kind : " does not exist, or cannot be seen"),
        null);
  }

  /**
   * Returns a read-only tree of the contents of a ZIP or JAR file of at most 256 MiB; see {@link
   * #archive(Path, long)}.
   *
   * @param path the archive
   * @return the tree
   * @throws InvalidFileTreeException if the archive cannot be a tree
   * @throws UncheckedIOException if the file cannot be read
   */
  public static FileTree archive(Path path) {
    return archive(path, DEFAULT_ARCHIVE_BYTES);
  }

  /**
   * Returns a read-only tree of the contents of a ZIP or JAR file. The file is unpacked into memory
   * now and is not needed afterwards.
   *
   * <p>The archive may be hostile. It is refused if it is damaged, or if it unpacks to more than
   * the limit. It is also refused if its names are not plain relative paths, or contradict each
   * other. Permissions and symbolic links in archives are not supported: all files are readable,
   * none is executable, and a link becomes a file that contains its target.
   *
   * @param path the archive
   * @param maxBytes the largest size of the archive, and of its contents: the sum of all sizes and
   *     names, and a few hundred bytes for each file
   * @return the tree
   * @throws InvalidFileTreeException if the archive cannot be a tree; the message says why and
   *     names the entry
   * @throws IllegalArgumentException if the size is negative or more than 1 TiB
   * @throws UncheckedIOException if the file cannot be read
   */
  public static FileTree archive(Path path, long maxBytes) {
    try {
      return new FileTree(ArchiveReader.read(path, maxBytes), "archive " + HostPath.text(path));
    } catch (InvalidArchiveException e) {
      throw new InvalidFileTreeException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read archive " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    }
  }

  /**
   * Returns an empty tree in memory that guests can write.
   *
   * @param limitBytes how much of the Java heap it may take, for each sandbox: contents, names, and
   *     a few hundred bytes for each file. Holes in files do not count. A guest that needs more
   *     gets {@code ENOSPC}
   * @return the tree
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  public static FileTree memory(long limitBytes) {
    return new FileTree(MemorySource.empty(limitBytes), "memory");
  }

  /**
   * Returns the same tree with one more file in it, dated to the start of 1970.
   *
   * @param path the file's path in the tree, such as {@code etc/app.conf}; missing directories are
   *     created. It has to be normalised, without a slash at its start or end
   * @param contents the contents of the file; they are copied
   * @return the new tree; this one does not change
   * @throws IllegalStateException if this is not a tree in memory
   * @throws IllegalArgumentException if the path is invalid, or the tree already has something
   *     there
   * @throws InvalidFileTreeException if the tree's limit is too small for it
   */
  public FileTree with(String path, byte[] contents) {
    MemorySource memory = requireMemory();
    String bytes = GuestPaths.encodeRelative(path);
    try {
      return new FileTree(memory.with(bytes, contents), name);
    } catch (FileException e) {
      if (e.isForLackOfSpace()) {
        throw new InvalidFileTreeException(
            "file \"" + path + "\" of " + contents.length + " bytes is over the tree's limit", e);
      }
      throw new IllegalArgumentException(
          "file \"" + path + "\" cannot be added: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the same tree in memory, read-only.
   *
   * @return the new tree; this one does not change. A tree that is already read-only returns itself
   */
  public FileTree readOnly() {
    return source instanceof MemorySource memory && memory.isWritable()
        ? new FileTree(memory.readOnly(), "read-only " + name)
        : this;
  }

  private MemorySource requireMemory() {
    if (source instanceof MemorySource memory) {
      return memory;
    }
    throw new IllegalStateException(name + " is not a tree in memory");
  }

  TreeSource source() {
    return source;
  }

  /**
   * Returns the mount of a tree at a path.
   *
   * @throws IllegalArgumentException if the path is not absolute and normalised, or the tree is a
   *     file and the path the root
   */
  static Mount mount(String guestPath, FileTree tree) {
    Mount mount = new Mount(GuestPaths.encodeAbsolute(guestPath), tree.source);
    if (guestPath.equals("/")
        && tree.source instanceof HostSource host
        && host.expected() == FileKind.REGULAR) {
      throw new IllegalArgumentException(tree.name + " cannot be the root: it is not a directory");
    }
    return mount;
  }

  @Override
  public String toString() {
    return "FileTree[" + name + "]";
  }
}

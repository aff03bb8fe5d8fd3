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
 * Files for guests: what can be mounted somewhere in the file system that a guest sees. A guest
 * that gets none sees an empty directory.
 *
 * <p>There are three kinds:
 *
 * <ul>
 *   <li><b>a directory or a file of the host</b> ({@link #directory}, {@link #file}), read-only. A
 *       guest sees what is there when it looks. It sees regular files, directories and symbolic
 *       links; devices, pipes, sockets and what is mounted below the directory do not exist for it.
 *       Links are followed inside the guest's own file system, so none leads out, whatever is
 *       written in it and whoever changes the directory meanwhile. A file's other names, if it has
 *       any (hard links), are no way out but the same file: who puts a file into the directory
 *       shows it;
 *   <li><b>an archive</b> ({@link #archive(Path)}), unpacked into memory once, read-only;
 *   <li><b>memory</b> ({@link #memory}), empty or with files given to it ({@link #with}), which
 *       guests can write up to a limit unless it is {@link #readOnly}.
 * </ul>
 *
 * <p>Immutable, safe for use by many threads, and meant to be made once and used for many
 * sandboxes. Each sandbox has its own changes to a tree in memory; what nobody has changed is
 * shared.
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
   * A directory of the host and everything below it, to be read only.
   *
   * <p>The directory is open while sandboxes that were given it are. It needs Linux 5.6 and {@code
   * /proc}.
   *
   * @param path the directory; symbolic links in this path are followed
   * @return the tree
   * @throws InvalidFileTreeException if it does not exist, or is no directory
   */
  public static FileTree directory(Path path) {
    if (!Files.isDirectory(path)) {
      throw notThere(path, "directory");
    }
    return new FileTree(
        new HostSource(path, FileKind.DIRECTORY), "directory " + HostPath.text(path));
  }

  /**
   * A regular file of the host, to be read only, and mounted as a file.
   *
   * <p>It is open while sandboxes that were given it are; who replaces it by another file of the
   * same name meanwhile does not change what they see.
   *
   * @param path the file; symbolic links in this path are followed
   * @return the tree
   * @throws InvalidFileTreeException if it does not exist, or is no regular file
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
   * What is in a ZIP or JAR file of at most 256 MiB, to be read only; see {@link #archive(Path,
   * long)}.
   *
   * @param path the archive
   * @return the tree
   * @throws InvalidFileTreeException if it cannot be a tree
   * @throws UncheckedIOException if it cannot be read
   */
  public static FileTree archive(Path path) {
    return archive(path, DEFAULT_ARCHIVE_BYTES);
  }

  /**
   * What is in a ZIP or JAR file, to be read only. It is unpacked into memory now; the file is not
   * needed any more.
   *
   * <p>The archive may be hostile: one whose names are not plain relative paths, or contradict each
   * other, which is damaged, or which unpacks to more than it may, is refused. Permissions and
   * symbolic links in archives are not supported: all files are readable, none is executable, and a
   * link is a file with its target in it.
   *
   * @param path the archive
   * @param maxBytes how large the archive may be, and how large what is in it: the sum of all sizes
   *     and names, and a few hundred bytes for each file
   * @return the tree
   * @throws InvalidFileTreeException if it cannot be a tree; the message says why, and which entry
   *     it is
   * @throws IllegalArgumentException if the size is negative or more than 1 TiB
   * @throws UncheckedIOException if it cannot be read
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
   * An empty tree in memory that guests can write.
   *
   * @param limitBytes what it may take of the Java heap, for each sandbox: contents, names, and a
   *     few hundred bytes for each file. Holes in files do not count. A guest that wants more gets
   *     {@code ENOSPC}
   * @return the tree
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  public static FileTree memory(long limitBytes) {
    return new FileTree(MemorySource.empty(limitBytes), "memory");
  }

  /**
   * The same tree with one more file in it, dated to the start of 1970.
   *
   * @param path where in the tree, such as {@code etc/app.conf}; directories are made as needed.
   *     Normalised, without a slash at its start or end
   * @param contents what is in the file; copied
   * @return the tree; this one stays what it is
   * @throws IllegalStateException if this is no tree in memory
   * @throws IllegalArgumentException if the path is none, or there is something already
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
   * The same tree in memory, to be read only.
   *
   * @return the tree; this one stays what it is. A tree that is read-only anyway returns itself
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
    throw new IllegalStateException(name + " is no tree in memory");
  }

  TreeSource source() {
    return source;
  }

  /**
   * What a file system needs to know about a tree's place in it.
   *
   * @throws IllegalArgumentException if the path is not absolute and normalised, or the tree is a
   *     file and the path the root
   */
  static Mount mount(String guestPath, FileTree tree) {
    Mount mount = new Mount(GuestPaths.encodeAbsolute(guestPath), tree.source);
    if (guestPath.equals("/")
        && tree.source instanceof HostSource host
        && host.expected() == FileKind.REGULAR) {
      throw new IllegalArgumentException(tree.name + " cannot be the root: it is no directory");
    }
    return mount;
  }

  @Override
  public String toString() {
    return "FileTree[" + name + "]";
  }
}

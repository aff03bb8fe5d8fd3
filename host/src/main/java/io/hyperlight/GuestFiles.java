package io.hyperlight;

import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.FrozenFiles;
import java.io.InputStream;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/**
 * Reads the regular files that were in a guest's {@linkplain FileTree#memory trees in memory} at
 * one moment. These are the files mounted there, with the guest's changes, and those that the guest
 * made. Files of the host, files of archives, and files that another mount hides are not included.
 *
 * <p>Paths are absolute, as the guest sees them. Names are decoded as UTF-8. A byte that is not
 * UTF-8 becomes half of a surrogate pair, U+DC00 plus the byte, so that every file has a path of
 * its own. <b>The guest chooses names and contents</b>, including line ends and control characters.
 * Check them as you would check a request.
 *
 * <p>The files are immutable and safe for use by many threads. They stay valid whatever happens to
 * the sandbox.
 */
public final class GuestFiles {
  private final FrozenFiles files;

  GuestFiles(FileSystem.State state) {
    files = state.files();
  }

  /**
   * {@return the paths of all files, in the order of mounts and names; a file with several names
   * appears under each. Paths of more than 4,095 bytes are left out, since guests cannot use them
   * either}
   *
   * <p>The stream finds the paths while it is read. Within its trees' limits, the guest chooses how
   * many there are and how long they are. A tree of 8 MiB can have 60,000 names of one file, each
   * with a path of 4,000 bytes. So limit the stream before you collect it.
   */
  public Stream<String> paths() {
    return files.paths().map(GuestPaths::decode);
  }

  /**
   * Returns whether there is a regular file at a path.
   *
   * @param path the path, absolute and normalised; symbolic links are not followed
   * @return true if something is there and it is a regular file
   */
  public boolean contains(String path) {
    return files.size(GuestPaths.encode(path)) >= 0;
  }

  /**
   * Returns the size of a file. It can be far larger than the tree's limit, up to {@link
   * Long#MAX_VALUE}, with hardly any contents, because a file may have holes. Check it before you
   * copy a file.
   *
   * @param path the path, absolute and normalised; symbolic links are not followed
   * @return the size in bytes
   * @throws NoSuchElementException if there is no such file
   */
  public long size(String path) {
    long size = files.size(GuestPaths.encode(path));
    if (size < 0) {
      throw new NoSuchElementException("no file " + path);
    }
    return size;
  }

  /**
   * Returns the contents of a file.
   *
   * @param path the path, absolute and normalised; symbolic links are not followed
   * @return the file's bytes
   * @throws NoSuchElementException if there is no such file
   * @throws OutOfMemoryError if the JVM cannot allocate an array of its {@link #size}
   */
  public byte[] read(String path) {
    long size = size(path);
    if (size > Integer.MAX_VALUE) {
      throw new OutOfMemoryError(path + " has " + size + " bytes, more than an array can have");
    }
    byte[] contents = new byte[(int) size];
    files.read(GuestPaths.encode(path), 0, contents, 0, contents.length);
    return contents;
  }

  /**
   * Returns the contents of a file as a stream, for files that may be large.
   *
   * @param path the path, absolute and normalised; symbolic links are not followed
   * @return a stream of the file's bytes, for one thread; it needs no closing
   * @throws NoSuchElementException if there is no such file
   */
  public InputStream newInputStream(String path) {
    return new FrozenFileStream(files, GuestPaths.encode(path), size(path));
  }
}

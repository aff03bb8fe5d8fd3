package io.hyperlight;

import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.FrozenFiles;
import java.io.InputStream;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/**
 * The regular files that are in a guest's memory trees at one moment ({@link FileTree#memory}):
 * those it was given, as they are by now, and those it has made. Files of the host and of archives
 * are not among them, nor are files that another mount hides.
 *
 * <p>Paths are absolute, as the guest sees them. Names are decoded as UTF-8; a byte that is none is
 * shown as half a surrogate pair, U+DC00 plus the byte, so that every file has a path of its own.
 * <b>Names and contents are the guest's choice</b>, line ends and control characters included:
 * check them as you would a request's.
 *
 * <p>Immutable, safe for use by many threads, and good for as long as anybody has it, whatever
 * becomes of the sandbox.
 */
public final class GuestFiles {
  private final FrozenFiles files;

  GuestFiles(FileSystem.State state) {
    files = state.files();
  }

  /**
   * {@return the paths of all files, in the order of mounts and names; a file with several names
   * under each. Those of more than 4,095 bytes are left out, as guests cannot use them either}
   *
   * <p>They are found as they are asked for. How many there are, and how long they are, is the
   * guest's choice, within its trees' limits: a tree of 8 MiB can have 60,000 names of one file,
   * each with a path of 4,000 bytes. So do not collect what you have not bounded.
   */
  public Stream<String> paths() {
    return files.paths().map(GuestPaths::decode);
  }

  /**
   * Whether there is a file.
   *
   * @param path its path, absolute and normalised; symbolic links are not followed
   * @return true if there is, and it is a regular file
   */
  public boolean contains(String path) {
    return files.size(GuestPaths.encode(path)) >= 0;
  }

  /**
   * The size of a file. It can be far larger than the tree's limit, up to {@link Long#MAX_VALUE},
   * although hardly anything is in it: a file may have holes. Look at it before you copy a file.
   *
   * @param path its path, absolute and normalised; symbolic links are not followed
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
   * The contents of a file.
   *
   * @param path its path, absolute and normalised; symbolic links are not followed
   * @return its bytes
   * @throws NoSuchElementException if there is no such file
   * @throws OutOfMemoryError if an array of its {@link #size} cannot be had
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
   * The contents of a file as a stream, for files that may be large.
   *
   * @param path its path, absolute and normalised; symbolic links are not followed
   * @return a stream of its bytes, which needs no closing; for one thread
   * @throws NoSuchElementException if there is no such file
   */
  public InputStream newInputStream(String path) {
    return new FrozenFileStream(files, GuestPaths.encode(path), size(path));
  }
}

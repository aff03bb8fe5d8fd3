package io.hyperlight.files;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * The files of one sandbox: mounted trees, and nothing where none is. For one thread at a time.
 *
 * <p>Paths are resolved here, name by name, symbolic links included, so that a link means what it
 * says to the guest and the host's kernel never follows one.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class FileSystem implements AutoCloseable {
  /** The longest path, zero byte included; {@code PATH_MAX}. */
  public static final int LONGEST_PATH = 4096;

  /** {@code NAME_MAX}. */
  public static final int LONGEST_NAME = 255;

  /**
   * Makes one. The mount points themselves, and directories on the way to them, are there without
   * anybody's doing, read-only.
   *
   * @param mounts the later ones lie on top of the earlier ones
   * @param own nodes that whoever answers system calls adds, by path; mounts of the same or a
   *     higher path hide them
   * @param clock for times of files in memory
   * @throws io.hyperlight.os.SystemCallException if a directory of the host cannot be opened
   */
  public FileSystem(List<Mount> mounts, Map<String, Node> own, InstantSource clock) {
    throw new UnsupportedOperationException();
  }

  /** Where absolute paths begin. */
  public Location root() {
    throw new UnsupportedOperationException();
  }

  /**
   * Follows a path.
   *
   * @param base where a relative one begins
   * @param path any string, also a hostile one
   * @param followLast whether to follow a symbolic link at its end, too; a slash there always does
   * @throws FileException ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ...
   */
  public Location resolve(Location base, String path, boolean followLast) {
    throw new UnsupportedOperationException();
  }

  /**
   * Where an entry is to be made, removed or renamed.
   *
   * @param directory that has it
   * @param name of the entry; never empty, may be "." or ".."
   * @param directoryOnly whether a slash follows
   */
  public record Entry(Location directory, String name, boolean directoryOnly) {}

  /**
   * Follows a path up to its last name.
   *
   * @throws FileException as {@link #resolve}
   */
  public Entry resolveParent(Location base, String path) {
    throw new UnsupportedOperationException();
  }

  /** One step down; mount points included. Null if there is nothing. */
  public Location child(Location directory, String name) {
    throw new UnsupportedOperationException();
  }

  /** What is in a directory, mount points included, without "." and "..". */
  public List<DirectoryEntry> entries(Location directory) {
    throw new UnsupportedOperationException();
  }

  /** Whether an entry is a mount point or on the way to one, which cannot be changed: EBUSY. */
  public boolean isMountPoint(Location directory, String name) {
    throw new UnsupportedOperationException();
  }

  /** What is in the trees that can be written. Immutable; holds nothing of the host's. */
  public static final class State {
    State() {}
  }

  /** Freezes the trees that can be written. */
  public State freeze() {
    throw new UnsupportedOperationException();
  }

  /**
   * Goes back to a state of this file system or another one with the same mounts. Cheap if little
   * has changed.
   */
  public void restore(State earlier) {
    throw new UnsupportedOperationException();
  }

  /** Gives the host's directories up. A second call does nothing. */
  @Override
  public void close() {}
}

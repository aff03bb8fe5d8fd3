package io.hyperlight.internal.vfs;

import java.util.List;
import java.util.stream.Stream;

/**
 * The regular files of a state's writable trees, by absolute path, as the guest saw them. Files
 * that other mounts hide are not included. Immutable, for many threads.
 */
public final class FrozenFiles {
  private final List<MountedState> mounted;

  FrozenFiles(List<MountedState> mounted) {
    this.mounted = mounted;
  }

  /**
   * Returns all paths, which the stream finds one by one. A file with several names appears once
   * for each name.
   */
  public Stream<String> paths() {
    return mounted.stream().flatMap(MountedState::files);
  }

  /**
   * Returns the size of a file.
   *
   * @return in bytes; -1 if no file has the path
   */
  public long size(String path) {
    for (MountedState mount : mounted) {
      long size = mount.size(path);
      if (size >= 0) {
        return size;
      }
    }
    return -1;
  }

  /**
   * Copies bytes out of a file.
   *
   * @param path of an existing file
   * @return how many bytes; 0 at the end
   * @throws IllegalArgumentException if no file has the path
   */
  public int read(String path, long offset, byte[] target, int from, int length) {
    for (MountedState mount : mounted) {
      int count = mount.read(path, offset, target, from, length);
      if (count >= 0) {
        return count;
      }
    }
    throw new IllegalArgumentException("no file " + path);
  }
}

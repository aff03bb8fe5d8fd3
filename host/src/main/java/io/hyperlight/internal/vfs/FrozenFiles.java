package io.hyperlight.internal.vfs;

import java.util.List;
import java.util.stream.Stream;

/**
 * The regular files of a state's writable trees, by absolute path, as the guest saw them: without
 * those that other mounts hide. Immutable, for many threads.
 */
public final class FrozenFiles {
  private final List<MountedState> mounted;

  FrozenFiles(List<MountedState> mounted) {
    this.mounted = mounted;
  }

  /** All paths, found as they are asked for; a file with several names is there several times. */
  public Stream<String> paths() {
    return mounted.stream().flatMap(MountedState::files);
  }

  /**
   * The size of a file.
   *
   * @return -1 if there is none of that path
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
   * Copies bytes out.
   *
   * @param path of a file that there is
   * @return how many; 0 at the end
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

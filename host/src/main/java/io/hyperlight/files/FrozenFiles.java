package io.hyperlight.files;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The regular files of a state's writable trees, by absolute path, as the guest saw them: without
 * those that other mounts hide. Immutable, for many threads.
 */
public final class FrozenFiles {
  private final List<MountedState> mounted;

  FrozenFiles(List<MountedState> mounted) {
    this.mounted = mounted;
  }

  /** All paths; a file with several names is there several times. */
  public List<String> paths() {
    List<String> paths = new ArrayList<>();
    for (MountedState mount : mounted) {
      if (mount.state() != null && !mount.hides(mount.path())) {
        String prefix = mount.path().equals("/") ? "/" : mount.path() + "/";
        mount.state().forEachFile(prefix, mount::hides, (path, _) -> paths.add(path));
      }
    }
    return paths;
  }

  /**
   * The size of a file.
   *
   * @return -1 if there is none of that path
   */
  public long size(String path) {
    Inode.OfFile file = find(path);
    return file == null ? -1 : file.size();
  }

  /**
   * Copies bytes out.
   *
   * @param path of a file that there is
   * @return how many; 0 at the end
   */
  public int read(String path, long offset, byte[] target, int from, int length) {
    Inode.OfFile file = find(path);
    if (file == null) {
      throw new IllegalArgumentException("no file " + path);
    }
    return file.data.read(offset, target, from, length);
  }

  private Inode.@Nullable OfFile find(String path) {
    MountedState mount = mountOf(path);
    if (mount == null || mount.state() == null) {
      return null;
    }
    String relative = path.substring(mount.path().equals("/") ? 1 : mount.path().length() + 1);
    return mount.state().find(relative) instanceof Inode.OfFile file ? file : null;
  }

  /** The tree that is to be seen at a path; null if none. */
  private @Nullable MountedState mountOf(String path) {
    MountedState found = null;
    for (MountedState mount : mounted) {
      String prefix = mount.path().equals("/") ? "/" : mount.path() + "/";
      if (path.startsWith(prefix) && mount.hidden().stream().noneMatch(h -> covers(h, path))) {
        found = mount;
      }
    }
    return found;
  }

  private static boolean covers(String hidden, String path) {
    return path.equals(hidden) || path.startsWith(hidden.equals("/") ? hidden : hidden + "/");
  }
}

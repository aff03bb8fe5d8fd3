package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.restore.Restorable;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The files of one sandbox: mounted trees, and nothing where none is. All processes of the sandbox
 * share it; each follows paths with a {@link PathResolver} of its own. For one thread at a time.
 */
public final class FileSystem implements Restorable<FileSystem.State>, AutoCloseable {
  private final List<Mount> mounts;
  private final List<Tree> trees;
  private final ContentWatchers watchers = new ContentWatchers();
  private final Map<String, MountPoint> mountPoints = new TreeMap<>();
  private final Location root;
  private final Counterparts counterparts;

  /**
   * Makes one. The mount points themselves, and directories on the way to them, are there without
   * anybody's doing, read-only.
   *
   * @param mounts the later ones lie on top of the earlier ones
   * @param own nodes that whoever answers system calls adds, by path; mounts of the same or a
   *     higher path hide them, but not one that is mounted as the root
   * @param clock for times of files in memory
   * @param checkpoint for loops whose length the guest chooses
   * @throws io.hyperlight.internal.os.SystemCallException if a directory of the host cannot be
   *     opened
   */
  public FileSystem(
      List<Mount> mounts, Map<String, Node> own, InstantSource clock, Checkpoint checkpoint) {
    this.mounts = List.copyOf(mounts);
    trees = new ArrayList<>(mounts.size()); // with room for all: each holds something
    MountPoint top = MountPoint.root();
    try {
      addOwn(top, own);
      for (Mount mount : mounts) {
        Tree tree = mount.source().open(deviceOf(trees.size()), clock, checkpoint);
        trees.add(tree);
        tree.watch(watchers);
        top.at(mount.path()).mount(tree.root());
        if (mount.path().equals("/")) {
          addOwn(top, own);
        }
      }
      collect(top);
      Node node = top.view(null);
      root =
          new Location(
              null,
              "",
              node.kind() == FileKind.DIRECTORY
                  ? node
                  : new MergedDirectory(top, top.pseudoDirectory()));
      counterparts = new Counterparts(byDevice(trees), mountPoints, own);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static Map<Integer, Tree> byDevice(List<Tree> trees) {
    Map<Integer, Tree> byDevice = new HashMap<>();
    for (int i = 0; i < trees.size(); i++) {
      byDevice.put(deviceOf(i), trees.get(i));
    }
    return byDevice;
  }

  /** In the order of their paths: directories before what is in them. */
  private static void addOwn(MountPoint top, Map<String, Node> own) {
    new TreeMap<>(own).forEach((path, node) -> top.at(path).mount(node));
  }

  private void collect(MountPoint top) {
    Deque<MountPoint> pending = new ArrayDeque<>(List.of(top));
    while (!pending.isEmpty()) {
      MountPoint point = pending.pop();
      mountPoints.put(point.path(), point);
      point.below().values().forEach(pending::push);
    }
  }

  /** The device number of a tree. */
  private static int deviceOf(int index) {
    return FileStatus.PSEUDO_DEVICE + 1 + index;
  }

  /** For nodes and open files of another file system with the same mounts. */
  public Counterparts counterparts() {
    return counterparts;
  }

  /** Lets one more hear of every change of what is in files, until {@link #unwatch}. */
  public void watch(ContentWatcher watcher) {
    watchers.add(watcher);
  }

  /** Ends a {@link #watch}. */
  public void unwatch(ContentWatcher watcher) {
    watchers.remove(watcher);
  }

  /** The uppermost directory. It is the root of a process, unless that has chosen another one. */
  public Location root() {
    return root;
  }

  /** Whether an entry is a mount point or on the way to one, which cannot be changed: EBUSY. */
  public boolean isMountPoint(Location directory, String name) {
    return directory.node() instanceof MergedDirectory merged && merged.owns(name);
  }

  /** What is in the trees that can be written. Immutable; holds nothing of the host's. */
  public static final class State {
    private final List<MountedState> mounted;

    private State(List<MountedState> mounted) {
      this.mounted = mounted;
    }

    /** The regular files, by path. */
    public FrozenFiles files() {
      return new FrozenFiles(mounted);
    }
  }

  /** Freezes the trees that can be written. Open contents stay what they are. */
  public State freeze() {
    List<MountedState> mounted = new ArrayList<>();
    for (int i = 0; i < trees.size(); i++) {
      String path = mounts.get(i).path();
      TreeState state = trees.get(i).freeze();
      mounted.add(new MountedState(path, state, hidden(i, path, true), hidden(i, path, false)));
    }
    return new State(List.copyOf(mounted));
  }

  /** Where other trees, or directories on the way to them, are to be seen in place of this one. */
  private Set<String> hidden(int index, String path, boolean mountPointsOnly) {
    MountPoint point = mountPoints.get(path);
    if (point == null || !trees.get(index).root().equals(point.mounted())) {
      return Set.of(path);
    }
    String prefix = path.equals("/") ? path : path + "/";
    return mountPoints.values().stream()
        .filter(other -> !mountPointsOnly || other.mounted() != null)
        .map(MountPoint::path)
        .filter(other -> other.startsWith(prefix) && !other.equals(path))
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Goes back to a state of this file system or another one with the same mounts. Cheap if little
   * has changed. Contents of files in memory that are open become invalid: they are to be closed,
   * and those that shall be open come from {@link FileContent#in}, afterwards.
   */
  @Override
  public void restore(State earlier) {
    if (earlier.mounted.size() != trees.size()) {
      throw new IllegalArgumentException("a state of other mounts");
    }
    for (int i = 0; i < trees.size(); i++) {
      trees.get(i).restore(earlier.mounted.get(i).state());
    }
  }

  /**
   * Says that nothing is kept any more that has no name. What is open is closed at once afterwards,
   * however much it has kept.
   */
  public void forgetHolds() {
    trees.forEach(Tree::forgetHolds);
  }

  /** Gives the host's directories up. A second call does nothing. */
  @Override
  public void close() {
    Closing.all(trees, Tree::close);
  }
}

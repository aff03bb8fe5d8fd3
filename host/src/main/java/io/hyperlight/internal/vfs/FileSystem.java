package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.os.Errno;
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
import org.jspecify.annotations.Nullable;

/**
 * The files of one sandbox: a set of mounted trees, and nothing elsewhere. All processes of the
 * sandbox share it. Each process follows paths with its own {@link PathResolver}. For one thread at
 * a time.
 */
public final class FileSystem implements Restorable<FileSystem.State>, AutoCloseable {
  /** Where the tree of shared memory is. */
  public static final String SHARED_MEMORY = "/dev/shm";

  private final List<Mount> mounts;
  private final @Nullable Node sharedMemory;
  private final List<Tree> trees;
  private final ContentWatchers watchers = new ContentWatchers();
  private final Map<String, MountPoint> mountPoints = new TreeMap<>();
  private final Location root;
  private final Counterparts counterparts;

  /**
   * Opens the trees and mounts them. Mount points, and the directories on the way to them, always
   * exist. A directory that no tree has is empty except for them, and read-only.
   *
   * @param mounts the later ones lie on top of the earlier ones
   * @param own nodes that the code that answers system calls adds, by path. A mount at the same
   *     path or above hides such a node, except a mount at the root
   * @param clock for times of files in memory
   * @param checkpoint for loops whose length the guest chooses
   * @throws io.hyperlight.internal.os.SystemCallException if a directory of the host cannot be
   *     opened
   */
  public FileSystem(
      List<Mount> mounts, Map<String, Node> own, InstantSource clock, Checkpoint checkpoint) {
    this(mounts, own, null, clock, checkpoint);
  }

  /**
   * Does the same with a tree of shared memory.
   *
   * @param memory for files without a name, and for {@link #SHARED_MEMORY} unless a mount hides it;
   *     may be null
   */
  public FileSystem(
      List<Mount> mounts,
      Map<String, Node> own,
      @Nullable TreeSource memory,
      InstantSource clock,
      Checkpoint checkpoint) {
    this.mounts = List.copyOf(mounts);
    // With room for all: adding an open tree must not fail.
    trees = new ArrayList<>(mounts.size() + 1);
    Tree shared = memory == null ? null : memory.open(deviceOf(mounts.size()), clock, checkpoint);
    sharedMemory = shared == null ? null : shared.root();
    MountPoint top = MountPoint.root();
    try {
      addOwn(top, own);
      addSharedMemory(top);
      for (Mount mount : mounts) {
        Tree tree = mount.source().open(deviceOf(trees.size()), clock, checkpoint);
        trees.add(tree);
        tree.watch(watchers);
        top.at(mount.path()).mount(tree.root());
        if (mount.path().equals("/")) {
          addOwn(top, own);
          addSharedMemory(top);
        }
      }
      if (shared != null) {
        trees.add(shared);
        shared.watch(watchers);
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

  /** Adds nodes in the order of their paths: a directory comes before its contents. */
  private static void addOwn(MountPoint top, Map<String, Node> own) {
    new TreeMap<>(own).forEach((path, node) -> top.at(path).mount(node));
  }

  private void addSharedMemory(MountPoint top) {
    if (sharedMemory != null) {
      top.at(SHARED_MEMORY).mount(sharedMemory);
    }
  }

  /** Returns the directory in whose tree files without a name are made; ENOSYS without one. */
  public Node sharedMemory() {
    if (sharedMemory == null) {
      throw new FileException(Errno.ENOSYS);
    }
    return sharedMemory;
  }

  private void collect(MountPoint top) {
    Deque<MountPoint> pending = new ArrayDeque<>(List.of(top));
    while (!pending.isEmpty()) {
      MountPoint point = pending.pop();
      mountPoints.put(point.path(), point);
      point.below().values().forEach(pending::push);
    }
  }

  /** Returns the device number of a tree. */
  private static int deviceOf(int index) {
    return FileStatus.PSEUDO_DEVICE + 1 + index;
  }

  /**
   * Returns the parts of this file system, for nodes and open files of another one with the same
   * mounts.
   */
  public Counterparts counterparts() {
    return counterparts;
  }

  /** Adds a watcher, which learns of every change of file contents until {@link #unwatch}. */
  public void watch(ContentWatcher watcher) {
    watchers.add(watcher);
  }

  /** Removes a watcher that {@link #watch} added. */
  public void unwatch(ContentWatcher watcher) {
    watchers.remove(watcher);
  }

  /**
   * Returns the top directory. It is the root of every process that has not chosen another root.
   */
  public Location root() {
    return root;
  }

  /**
   * Answers whether an entry is a mount point or on the way to one. Such an entry cannot be
   * changed: EBUSY.
   */
  public boolean isMountPoint(Location directory, String name) {
    return directory.node() instanceof MergedDirectory merged && merged.owns(name);
  }

  /**
   * The contents of the writable trees at one moment. Immutable; holds no resources of the host.
   */
  public static final class State {
    private final List<MountedState> mounted;

    private State(List<MountedState> mounted) {
      this.mounted = mounted;
    }

    /** Answers whether there is no file in trees that no mount has brought. */
    public boolean isWithoutSharedMemory() {
      return mounted.stream()
          .filter(tree -> tree.path().equals(SHARED_MEMORY))
          .noneMatch(tree -> tree.state().files("", _ -> false).hasNext());
    }

    /** Returns the regular files, by path. */
    public FrozenFiles files() {
      return new FrozenFiles(mounted);
    }
  }

  /** Freezes the writable trees. Open contents stay valid. */
  public State freeze() {
    watchers.readingAll();
    List<MountedState> mounted = new ArrayList<>();
    for (int i = 0; i < mounts.size(); i++) {
      String path = mounts.get(i).path();
      TreeState state = trees.get(i).freeze();
      mounted.add(new MountedState(path, state, hidden(i, path, true), hidden(i, path, false)));
    }
    if (sharedMemory != null) {
      // Nobody looks for files of shared memory among the results of a program.
      mounted.add(
          new MountedState(
              SHARED_MEMORY, trees.getLast().freeze(), Set.of(SHARED_MEMORY), Set.of()));
    }
    return new State(List.copyOf(mounted));
  }

  /**
   * Returns the paths at which a tree is hidden by other trees, or by directories on the way to
   * them.
   */
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
   * Goes back to a state of this file system, or of another one with the same mounts. This is cheap
   * if little has changed. Open contents of files in memory become invalid, and their owners close
   * them. Afterwards, {@link FileContent#in} opens files of the state.
   */
  @Override
  public void restore(State earlier) {
    if (earlier.mounted.size() != trees.size()) {
      throw new IllegalArgumentException("the state belongs to a file system with other mounts");
    }
    for (int i = 0; i < trees.size(); i++) {
      trees.get(i).restore(earlier.mounted.get(i).state());
    }
  }

  /**
   * Stops keeping files that have no name. All open contents are closed right after this call,
   * which is then cheap however many files they kept.
   */
  public void forgetHolds() {
    trees.forEach(Tree::forgetHolds);
  }

  /** Releases the host's directories. A second call does nothing. */
  @Override
  public void close() {
    Closing.all(trees, Tree::close);
  }
}

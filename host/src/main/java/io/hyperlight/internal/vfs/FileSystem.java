package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.os.Errno;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files of one sandbox: mounted trees, and nothing where none is. For one thread at a time.
 *
 * <p>Paths are resolved here, name by name, symbolic links included, so that a link means what it
 * says to the guest and the host's kernel never follows one. The way that a lookup took is kept
 * ({@link Location}): ".." goes back on it and asks no tree, so no ".." leads out of one.
 */
public final class FileSystem implements AutoCloseable {
  /** The longest path, zero byte included; {@code PATH_MAX}. */
  public static final int LONGEST_PATH = 4096;

  /** {@code NAME_MAX}. */
  public static final int LONGEST_NAME = 255;

  /** How deep a location can be: no longer path has a name. */
  public static final int DEEPEST = LONGEST_PATH / 2;

  private final Checkpoint checkpoint;
  private final List<Mount> mounts;
  private final List<Tree> trees;
  private final Map<String, MountPoint> places = new TreeMap<>();
  private final Location root;

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
    this.checkpoint = checkpoint;
    this.mounts = List.copyOf(mounts);
    trees = new ArrayList<>(mounts.size()); // with room for all: each holds something
    MountPoint top = MountPoint.root();
    try {
      addOwn(top, own);
      for (Mount mount : mounts) {
        Tree tree = open(mount.source(), clock);
        trees.add(tree);
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
              node.kind() == FileKind.DIRECTORY ? node : new MergedDirectory(top, top.pseudoDirectory()));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** In the order of their paths: directories before what is in them. */
  private static void addOwn(MountPoint top, Map<String, Node> own) {
    new TreeMap<>(own).forEach((path, node) -> top.at(path).mount(node));
  }

  private Tree open(TreeSource source, InstantSource clock) {
    return switch (source) {
      case HostSource host -> new HostTree(trees.size(), host, checkpoint);
      case MemorySource memory -> new MemoryTree(trees.size(), memory, clock, checkpoint);
    };
  }

  private void collect(MountPoint top) {
    Deque<MountPoint> pending = new ArrayDeque<>(List.of(top));
    while (!pending.isEmpty()) {
      MountPoint point = pending.pop();
      places.put(point.path(), point);
      point.below().values().forEach(pending::push);
    }
  }

  /** The device number of a tree. */
  static int deviceOf(int index) {
    return PseudoDirectory.DEVICE + 1 + index;
  }

  /** The tree that is here what one of the same index is in another file system. */
  <T extends Tree> T tree(int index, Class<T> kind) {
    return kind.cast(trees.get(index));
  }

  /** The place that is here what one of the same path is in another file system. */
  MountPoint place(String path) {
    return Objects.requireNonNull(places.get(path), path);
  }

  /** Lets somebody hear of every change of what is in files. */
  public void watch(ContentWatcher watcher) {
    for (Tree tree : trees) {
      if (tree instanceof MemoryTree memory) {
        memory.watch(watcher);
      }
    }
  }

  /** Where absolute paths begin. */
  public Location root() {
    return root;
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
    PendingPath pending = new PendingPath(path);
    Location at = path.startsWith("/") ? root : base;
    boolean directoryOnly = path.startsWith("/");
    for (String name = pending.next(); name != null; name = pending.next()) {
      checkpoint.pass();
      Location next = step(at, name);
      directoryOnly = !pending.isAtEnd() || isDots(name);
      if (next.node().kind() == FileKind.SYMBOLIC_LINK && (directoryOnly || followLast)) {
        next = follow(at, next.node(), pending);
      }
      at = next;
    }
    if (directoryOnly) {
      requireDirectory(at);
    }
    return at;
  }

  /**
   * Follows an absolute path, and symbolic links by what they say alone. So it is for those who
   * look for the {@link Node#destination} of a link, which would else look for itself.
   *
   * @throws FileException as {@link #resolve}
   */
  public Location resolveByText(String path) {
    PendingPath pending = new PendingPath(path);
    Location at = root;
    for (String name = pending.next(); name != null; name = pending.next()) {
      checkpoint.pass();
      Location next = step(at, name);
      if (next.node().kind() == FileKind.SYMBOLIC_LINK) {
        String target = next.node().target();
        pending.follow(target);
        next = target.startsWith("/") ? root : at;
      }
      at = next;
    }
    return at;
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
   * Follows a path up to its last name. Of the root itself, the name is ".".
   *
   * @throws FileException as {@link #resolve}
   */
  public Entry resolveParent(Location base, String path) {
    PendingPath pending = new PendingPath(path);
    Location at = path.startsWith("/") ? root : base;
    String name = pending.next();
    if (name == null) {
      return new Entry(root, ".", true);
    }
    // Links are walked here, not by resolve, so that all of the path counts as one.
    while (!pending.isAtLastName()) {
      checkpoint.pass();
      Location next = step(at, name);
      if (next.node().kind() == FileKind.SYMBOLIC_LINK) {
        next = follow(at, next.node(), pending);
      }
      at = next;
      name = Objects.requireNonNull(pending.next());
    }
    requireDirectory(at);
    at.node().requireSearchable();
    return new Entry(at, name, !pending.isAtEnd());
  }

  /** Where to go on from a link in a directory. */
  private Location follow(Location directory, Node link, PendingPath pending) {
    Location destination = link.destination();
    if (destination != null) {
      return destination;
    }
    String target = link.target();
    pending.follow(target);
    return target.startsWith("/") ? root : directory;
  }

  private static boolean isDots(String name) {
    return name.equals(".") || name.equals("..");
  }

  private Location step(Location at, String name) {
    Location next = child(at, name);
    if (next == null) {
      throw new FileException(Errno.ENOENT);
    }
    return next;
  }

  private static void requireDirectory(Location location) {
    if (location.node().kind() != FileKind.DIRECTORY) {
      throw new FileException(Errno.ENOTDIR);
    }
  }

  /**
   * One step, down or to "." or ".."; mount points included. Null if there is nothing.
   *
   * @throws FileException ENOTDIR, EACCES, or ENAMETOOLONG if this is deeper than any path is long
   */
  public @Nullable Location child(Location directory, String name) {
    requireDirectory(directory);
    if (isDots(name)) {
      directory.node().requireSearchable();
      return name.equals(".") || directory.parent() == null ? directory : directory.parent();
    }
    Node node = directory.node().child(name);
    if (node == null) {
      return null;
    }
    if (directory.depth() >= DEEPEST) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return new Location(directory, name, node);
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
      MemoryState state = trees.get(i).freeze();
      mounted.add(new MountedState(path, state, hidden(i, path, true), hidden(i, path, false)));
    }
    return new State(List.copyOf(mounted));
  }

  /** Where other trees, or directories on the way to them, are to be seen in place of this one. */
  private Set<String> hidden(int index, String path, boolean mountPointsOnly) {
    MountPoint point = places.get(path);
    if (point == null || !trees.get(index).root().equals(point.mounted())) {
      return Set.of(path);
    }
    String prefix = path.equals("/") ? path : path + "/";
    return places.values().stream()
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

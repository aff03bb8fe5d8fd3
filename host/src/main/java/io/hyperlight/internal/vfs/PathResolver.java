package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Follows paths for one process, from its root or from a directory that it names.
 *
 * <p>The resolver takes one name after the other, and follows symbolic links itself. So a link
 * means what it means to the guest, and the host's kernel never follows one. A {@link Location}
 * keeps the way that a lookup took. The name ".." goes back on this way and asks no tree, so it
 * cannot lead out of a tree.
 */
public final class PathResolver {
  private final Location root;
  private final Checkpoint checkpoint;

  /**
   * Creates a resolver.
   *
   * @param root where absolute paths begin, and which ".." does not leave
   * @param checkpoint for loops whose length the guest chooses
   */
  public PathResolver(Location root, Checkpoint checkpoint) {
    this.root = root;
    this.checkpoint = checkpoint;
  }

  /** Returns the location at which absolute paths begin. */
  public Location root() {
    return root;
  }

  /**
   * Follows a path.
   *
   * @param base where a relative one begins
   * @param path any string, also a hostile one
   * @param followLast whether to follow a symbolic link at its end; a link before a slash is always
   *     followed
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
   * Follows an absolute path, and takes every symbolic link by its text alone. Code that computes
   * the {@link Node#destination} of a link uses this method. With {@link #resolve}, it would call
   * itself again.
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
   * Follows a path up to its last name. For the root itself, the name is ".".
   *
   * @throws FileException as {@link #resolve}
   */
  public PathEntry resolveParent(Location base, String path) {
    PendingPath pending = new PendingPath(path);
    Location at = path.startsWith("/") ? root : base;
    String name = pending.next();
    if (name == null) {
      return new PathEntry(root, ".", true);
    }
    // This loop follows links itself instead of calling resolve, so that the limits apply to the
    // path as a whole.
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
    return new PathEntry(at, name, !pending.isAtEnd());
  }

  /** Returns the location from which the lookup continues after a link in a directory. */
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
   * Takes one step: down, also to a mount point, or to "." or "..". Returns null if there is no
   * such entry.
   *
   * @throws FileException ENOTDIR or EACCES; ENAMETOOLONG if the entry is deeper than any path can
   *     be
   */
  public @Nullable Location child(Location directory, String name) {
    requireDirectory(directory);
    if (isDots(name)) {
      directory.node().requireSearchable();
      return name.equals(".") ? directory : above(directory);
    }
    Node node = directory.node().child(name);
    if (node == null) {
      return null;
    }
    if (directory.depth() >= PathLimits.DEEPEST) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return new Location(directory, name, node);
  }

  /**
   * Returns the directory above, or the root itself for the root. A location that is already
   * outside the root may go up further, as in Linux.
   */
  private Location above(Location directory) {
    Location parent = directory.parent();
    return parent == null || directory.isAt(root) ? directory : parent;
  }
}

package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Follows paths for one process: from its root, or from a directory that it names.
 *
 * <p>It goes name by name, symbolic links included. So a link means what it says to the guest, and
 * the host's kernel never follows one. The way that a lookup took is kept ({@link Location}): ".."
 * goes back on it and asks no tree, so no ".." leads out of one.
 */
public final class PathResolver {
  private final Location root;
  private final Checkpoint checkpoint;

  /**
   * Makes one.
   *
   * @param root where absolute paths begin, and which ".." does not leave
   * @param checkpoint for loops whose length the guest chooses
   */
  public PathResolver(Location root, Checkpoint checkpoint) {
    this.root = root;
    this.checkpoint = checkpoint;
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
   * Follows a path up to its last name. Of the root itself, the name is ".".
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
    return new PathEntry(at, name, !pending.isAtEnd());
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

  /** Nothing is above the root. Who is outside of it already, may go up further, as in Linux. */
  private Location above(Location directory) {
    Location parent = directory.parent();
    return parent == null || directory.isAt(root) ? directory : parent;
  }
}

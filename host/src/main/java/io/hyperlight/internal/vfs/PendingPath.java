package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What is left to be walked of a path, and of the symbolic links that were met on the way.
 *
 * <p><b>Boundary.</b> Paths come from the guest, and so do the targets of most links: each is
 * checked here, and all of the work for one lookup is bounded.
 */
final class PendingPath {
  /** As Linux has it; {@code path_resolution(7)}. */
  private static final int MOST_LINKS = 40;

  /** Four times as many names as fit into a path. */
  private static final int MOST_NAMES = 8192;

  private static final class Part {
    final String path;
    int at;

    Part(String path) {
      this.path = path;
    }

    boolean isAtEnd() {
      return at == path.length();
    }

    void skipSlashes() {
      while (!isAtEnd() && path.charAt(at) == '/') {
        at++;
      }
    }

    String takeName() {
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      String name = path.substring(at, end);
      at = end;
      return name;
    }
  }

  /** The innermost link's target first. */
  private final Deque<Part> parts = new ArrayDeque<>();

  private int links;
  private int names;

  PendingPath(String path) {
    push(path);
  }

  private void push(String path) {
    if (path.isEmpty()) {
      throw new FileException(Errno.ENOENT);
    }
    if (path.length() >= PathLimits.LONGEST_PATH) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    for (int i = 0; i < path.length(); i++) {
      if (path.charAt(i) == 0 || path.charAt(i) > 0xff) {
        throw new FileException(Errno.ENOENT);
      }
    }
    parts.push(new Part(path));
  }

  /** Continues with what a link says, before what comes after the link. */
  void follow(String target) {
    if (++links > MOST_LINKS) {
      throw new FileException(Errno.ELOOP);
    }
    push(target);
  }

  /** The next name; null at the end. */
  @Nullable String next() {
    while (!parts.isEmpty()) {
      Part part = parts.element();
      part.skipSlashes();
      if (!part.isAtEnd()) {
        return checked(part.takeName());
      }
      parts.pop();
    }
    return null;
  }

  private String checked(String name) {
    if (name.length() > PathLimits.LONGEST_NAME) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    if (++names > MOST_NAMES) {
      throw new FileException(Errno.ELOOP);
    }
    return name;
  }

  /** Whether nothing follows the last name, no slash either. */
  boolean isAtEnd() {
    for (Part part : parts) {
      if (!part.isAtEnd()) {
        return false;
      }
    }
    return true;
  }

  /** Whether only slashes follow the last name, if anything. */
  boolean isAtLastName() {
    for (Part part : parts) {
      int at = part.at;
      part.skipSlashes();
      boolean more = !part.isAtEnd();
      part.at = at;
      if (more) {
        return false;
      }
    }
    return true;
  }
}

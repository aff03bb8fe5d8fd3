package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The names that a lookup still has before it: the rest of a path, and of the symbolic links on the
 * way.
 *
 * <p><b>Boundary.</b> Paths come from the guest, and so do the targets of most links. This class
 * checks each of them, and bounds the work of one lookup.
 */
final class PendingPath {
  /** The limit of Linux; {@code path_resolution(7)}. */
  private static final int MAX_LINKS = 40;

  /** Four times the number of names that fit into one path. */
  private static final int MAX_NAMES = 8192;

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

  /** Starts with the target of the innermost link. */
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

  /** Continues with the target of a link, before the names that follow the link. */
  void follow(String target) {
    if (++links > MAX_LINKS) {
      throw new FileException(Errno.ELOOP);
    }
    push(target);
  }

  /** Returns the next name; null at the end. */
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
    if (++names > MAX_NAMES) {
      throw new FileException(Errno.ELOOP);
    }
    return name;
  }

  /** Answers whether nothing follows the last name, not even a slash. */
  boolean isAtEnd() {
    for (Part part : parts) {
      if (!part.isAtEnd()) {
        return false;
      }
    }
    return true;
  }

  /** Answers whether nothing but slashes follows the last name. */
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

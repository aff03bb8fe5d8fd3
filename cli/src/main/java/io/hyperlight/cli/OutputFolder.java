package io.hyperlight.cli;

import io.hyperlight.GuestFiles;
import io.hyperlight.LinuxText;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;

/**
 * Writes the files that a guest has made to a folder of the host.
 *
 * <p><b>Boundary.</b> The guest chooses the names, sizes and contents. Each path becomes a path
 * below the folder, name by name. A name that would lead out of the folder is refused, and so is a
 * symbolic link on the way. Nothing is written before all files are checked. An existing file stays
 * as it is unless the user asks for {@code --overwrite}.
 */
final class OutputFolder {
  private static final int SHOWN = 5;

  private final Path folder;
  private final long maxBytes;
  private final boolean overwrites;

  /**
   * Makes an object that writes nothing yet.
   *
   * @param maxBytes the maximum size of all files together
   * @param overwrites whether existing files may be replaced
   */
  OutputFolder(Path folder, long maxBytes, boolean overwrites) {
    this.folder = folder.toAbsolutePath();
    this.maxBytes = maxBytes;
    this.overwrites = overwrites;
  }

  /**
   * Writes all files.
   *
   * @throws UserException if a check fails, and then nothing is written. Also if writing fails, for
   *     example on a full disk. The files before the failure are complete then, and the others are
   *     not touched
   */
  void write(GuestFiles files) {
    try {
      check(files);
      Files.createDirectories(folder);
      // This walks the tree again, because a list of all paths might not fit on the heap.
      for (Iterator<String> paths = files.paths().iterator(); paths.hasNext(); ) {
        String path = paths.next();
        Path target = target(path);
        makeDirectories(parent(target));
        write(files, path, target);
      }
    } catch (IOException e) {
      throw new UserException(
          "--out " + LinuxText.of(folder) + ": cannot write: " + UserException.reason(e));
    }
  }

  private void check(GuestFiles files) {
    long bytes = 0;
    int existing = 0;
    StringBuilder shown = new StringBuilder();
    for (Iterator<String> paths = files.paths().iterator(); paths.hasNext(); ) {
      String path = paths.next();
      Path target = target(path);
      long size = files.size(path); // at most Long.MAX_VALUE, because a file can be one large hole
      if (size > maxBytes - bytes) {
        throw new UserException(
            "--out: the guest's files have more than %d MiB together; --out-limit raises that"
                .formatted(maxBytes >> 20));
      }
      bytes += size;
      requireNoLinks(parent(target));
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
          throw new UserException("--out: " + LinuxText.of(target) + " is a directory");
        }
        if (++existing <= SHOWN) {
          shown.append(' ').append(LinuxText.of(target));
        }
      }
    }
    if (existing > 0 && !overwrites) {
      throw new UserException(
          "--out: nothing was written, since %d of the files exist:%s%s; --overwrite replaces them"
              .formatted(existing, shown, existing > SHOWN ? " ..." : ""));
    }
  }

  /** Returns the path on the host for a file of the guest. */
  private Path target(String path) {
    Path target = folder;
    for (String name : path.substring(1).split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf(0) >= 0) {
        throw new UserException("--out: the guest has a file whose name is invalid");
      }
      target = HostText.below(target, name);
    }
    if (target.equals(folder) || !target.startsWith(folder)) {
      throw new UserException("--out: the guest has a file whose name is invalid");
    }
    return target;
  }

  /** Returns the parent of a path. The root is its own parent. */
  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? path : parent;
  }

  /** Requires that each part of the path from the folder on is a directory, or does not exist. */
  private void requireNoLinks(Path directory) {
    for (Path part = directory; part.startsWith(folder); part = parent(part)) {
      if (part.equals(folder) && parent(folder).equals(folder)) {
        return;
      }
      boolean isRoot = part.equals(folder);
      if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)
          && !(isRoot
              ? Files.isDirectory(part)
              : Files.isDirectory(part, LinkOption.NOFOLLOW_LINKS))) {
        throw new UserException(
            "--out: "
                + LinuxText.of(part)
                + " is not a directory; symbolic links are not followed");
      }
    }
  }

  private void makeDirectories(Path directory) throws IOException {
    if (!directory.startsWith(folder)) {
      return;
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && !directory.equals(folder)) {
      makeDirectories(parent(directory));
      Files.createDirectory(directory);
    }
  }

  private void write(GuestFiles files, String path, Path target) throws IOException {
    // The file is always new, so that no link is followed. Then it replaces the old one.
    Path created = overwrites ? temporaryBeside(target) : target;
    OutputStream out =
        Files.newOutputStream(created, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      try (out;
          InputStream in = files.newInputStream(path)) {
        in.transferTo(out);
      }
      if (overwrites) {
        Files.move(created, target, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      Files.deleteIfExists(created);
      throw e;
    }
  }

  private static Path temporaryBeside(Path target) {
    return target.resolveSibling(".hyperlight-" + Long.toHexString(System.nanoTime()));
  }
}

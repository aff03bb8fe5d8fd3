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
 * <p><b>Boundary.</b> Names, sizes and contents are the guest's. Each path becomes one below the
 * folder, name by name; a name that would lead elsewhere, or a symbolic link on the way, is
 * refused. Nothing is written before all is checked, and no file that was there is touched unless
 * that was asked for.
 */
final class OutputFolder {
  private static final int SHOWN = 5;

  private final Path folder;
  private final long mostBytes;
  private final boolean overwrites;

  /**
   * Nothing is written yet.
   *
   * @param mostBytes of all files together
   * @param overwrites whether files may be replaced that are there
   */
  OutputFolder(Path folder, long mostBytes, boolean overwrites) {
    this.folder = folder.toAbsolutePath();
    this.mostBytes = mostBytes;
    this.overwrites = overwrites;
  }

  /**
   * Writes all files, or none and says why. If it fails later, as on a full disk, those before that
   * are whole, and the others are not touched.
   */
  void write(GuestFiles files) {
    try {
      check(files);
      Files.createDirectories(folder);
      // Found once more, since nobody knows whether all the paths fit on the heap.
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
      long size = files.size(path); // up to the largest number: a file may be one hole
      if (size > mostBytes - bytes) {
        throw new UserException(
            "--out: the guest's files have more than %d MiB together; --out-limit raises that"
                .formatted(mostBytes >> 20));
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

  /** Where a file of the guest goes. */
  private Path target(String path) {
    Path target = folder;
    for (String name : path.substring(1).split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf(0) >= 0) {
        throw new UserException("--out: the guest has a file with a name that is none");
      }
      target = HostText.below(target, name);
    }
    if (target.equals(folder) || !target.startsWith(folder)) {
      throw new UserException("--out: the guest has a file with a name that is none");
    }
    return target;
  }

  /** The root is its own. */
  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? path : parent;
  }

  /** All that is there on the way from the folder is directories. */
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
            "--out: " + LinuxText.of(part) + " is no directory; symbolic links are not followed");
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
    // New always, so that no link is followed; then it takes the name of what it replaces.
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

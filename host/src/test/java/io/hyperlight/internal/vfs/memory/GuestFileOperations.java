package io.hyperlight.internal.vfs.memory;

import static io.hyperlight.internal.vfs.Trees.paths;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Operates on a tree in memory as system calls do. */
final class GuestFileOperations implements FileOperations {
  private final FileSystem files;
  private final List<FileContent> open = new ArrayList<>();

  GuestFileOperations(FileSystem files) {
    this.files = files;
  }

  private static int errnoOf(Runnable attempt) {
    try {
      attempt.run();
      return 0;
    } catch (FileException e) {
      return e.errno();
    }
  }

  private interface OnEntry {
    void run(Node directory, String name);
  }

  private void at(String path, OnEntry action) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    action.run(entry.directory().node(), entry.name());
  }

  @Override
  public int makeDirectory(String path) {
    return errnoOf(() -> at(path, (directory, name) -> directory.createDirectory(name, 0755)));
  }

  @Override
  public int makeFile(String path) {
    return errnoOf(() -> at(path, (directory, name) -> directory.createFile(name, 0644)));
  }

  @Override
  public int makeSymbolicLink(String path, String target) {
    return errnoOf(() -> at(path, (directory, name) -> directory.createSymbolicLink(name, target)));
  }

  @Override
  public int link(String path, String existing) {
    return errnoOf(() -> Trees.link(files, path, existing));
  }

  @Override
  public int remove(String path) {
    return errnoOf(() ->
        at(
            path,
            (directory, name) -> {
              Node node = directory.child(name);
              if (node == null) {
                throw new FileException(Errno.ENOENT);
              }
              if (node.kind() == FileKind.DIRECTORY) {
                directory.removeDirectory(name);
              } else {
                directory.unlink(name);
              }
            }));
  }

  @Override
  public int rename(String from, String to) {
    return errnoOf(() -> Trees.rename(files, from, to));
  }

  @Override
  public int open(String path) {
    return errnoOf(() -> open.add(Trees.node(files, path).open(true)));
  }

  @Override
  public int opened() {
    return open.size();
  }

  /** Returns the open files as a snapshot would keep them. */
  List<FileContent> kept() {
    return open.stream().map(FileContent::kept).toList();
  }

  /** Opens the files that a snapshot kept, as in a restored sandbox. */
  void reopen(List<FileContent> kept) {
    open.forEach(FileContent::close);
    open.clear();
    kept.forEach(content -> open.add(content.in(files.counterparts())));
  }

  @Override
  public void write(int which, long offset, String text) {
    Trees.write(open.get(which), offset, text);
  }

  @Override
  public void cut(int which, long size) {
    FileContent content = open.get(which);
    content.truncate(Math.min(size, content.status().size()));
  }

  @Override
  public String read(int which) {
    return Trees.read(open.get(which));
  }

  @Override
  public void close(int which) {
    open.remove(which).close();
  }

  @Override
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    describe(lines, "", files.root());
    return lines.stream().sorted().toList();
  }

  private void describe(List<String> lines, String name, Location at) {
    lines.add(
        switch (at.node().kind()) {
          case SYMBOLIC_LINK -> name + " -> " + at.node().target();
          case DIRECTORY -> name + "/";
          default -> {
            try (FileContent content = at.node().open(false)) {
              yield name + " " + at.node().status().links() + " " + Trees.read(content);
            }
          }
        });
    if (at.node().kind() == FileKind.DIRECTORY) {
      for (DirectoryEntry entry : at.node().entries(Long.MAX_VALUE)) {
        String below = name.isEmpty() ? entry.name() : name + "/" + entry.name();
        describe(lines, below, Objects.requireNonNull(paths(files).child(at, entry.name())));
      }
    }
  }
}

package io.hyperlight.internal.vfs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.internal.vfs.memory.MemorySource;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Helpers for tests of file systems. */
public final class Trees {
  public static final Instant NOW = Instant.parse("2026-02-03T04:05:06.789Z");

  private Trees() {}

  public static FileSystem of(Mount... mounts) {
    return new FileSystem(List.of(mounts), Map.of(), InstantSource.fixed(NOW), Checkpoint.NONE);
  }

  public static FileSystem memory(long limit) {
    return of(new Mount("/", MemorySource.empty(limit)));
  }

  public static FileSystem host(Path directory) {
    return of(new Mount("/", new HostSource(directory)));
  }

  /** Returns a resolver for a process whose root is that of the file system. */
  public static PathResolver paths(FileSystem files) {
    return new PathResolver(files.root(), Checkpoint.NONE);
  }

  /** Returns the name under which guests see a file of the host. */
  public static String name(String name) {
    return new String(name.getBytes(UTF_8), ISO_8859_1);
  }

  public static Node node(FileSystem files, String path) {
    return paths(files).resolve(files.root(), path, true).node();
  }

  public static String read(FileSystem files, String path) {
    try (FileContent content = node(files, path).open(false)) {
      return read(content);
    }
  }

  public static String read(FileContent content) {
    byte[] bytes = new byte[Math.toIntExact(content.status().size())];
    int count = content.read(0, bytes, 0, bytes.length);
    return new String(bytes, 0, count, UTF_8);
  }

  /** Writes a file: makes it if it does not exist, and replaces its contents. */
  public static void write(FileSystem files, String path, String text) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    Node directory = entry.directory().node();
    Node file = directory.child(entry.name());
    if (file == null) {
      file = directory.createFile(entry.name(), 0644);
    }
    try (FileContent content = file.open(true)) {
      content.truncate(0);
      write(content, 0, text);
    }
  }

  public static int write(FileContent content, long offset, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return content.write(offset, bytes, 0, bytes.length);
  }

  public static void makeDirectory(FileSystem files, String path) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    entry.directory().node().createDirectory(entry.name(), 0755);
  }

  public static void makeLink(FileSystem files, String path, String target) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    entry.directory().node().createSymbolicLink(entry.name(), target);
  }

  public static void rename(FileSystem files, String from, String to) {
    PathEntry source = paths(files).resolveParent(files.root(), from);
    PathEntry target = paths(files).resolveParent(files.root(), to);
    source
        .directory()
        .node()
        .rename(source.name(), target.directory().node(), target.name(), Renaming.REPLACE);
  }

  public static void link(FileSystem files, String path, String existing) {
    Node node = paths(files).resolve(files.root(), existing, false).node();
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    entry.directory().node().link(entry.name(), node);
  }

  public static void unlink(FileSystem files, String path) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    entry.directory().node().unlink(entry.name());
  }

  public static void removeDirectory(FileSystem files, String path) {
    PathEntry entry = paths(files).resolveParent(files.root(), path);
    entry.directory().node().removeDirectory(entry.name());
  }

  public static List<String> names(FileSystem files, String path) {
    List<String> names = new ArrayList<>();
    for (DirectoryEntry entry :
        paths(files).resolve(files.root(), path, true).node().entries(Long.MAX_VALUE)) {
      names.add(entry.name());
    }
    return names;
  }

  public static void assertFails(int errno, ThrowingCallable call) {
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(call)
        .withMessage(Errno.describe(errno));
  }
}

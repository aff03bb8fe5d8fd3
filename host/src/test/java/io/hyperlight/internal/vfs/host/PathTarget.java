package io.hyperlight.internal.vfs.host;

import static io.hyperlight.internal.vfs.Trees.paths;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.LinuxText;
import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathEntry;
import io.hyperlight.internal.vfs.PathLimits;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.internal.vfs.archive.ArchiveReader;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks up paths and changes directories in a tree of each kind. A path leads to a file of the
 * trees or ends in a {@link FileException}. No path reads a file beside the trees, and no
 * descriptor stays open.
 */
public final class PathTarget implements FuzzTarget {
  private static final long LIMIT = 1 << 18;
  private static final int MAX_STEPS = 40;
  private static final String SECRET = "nobody may read this";

  private static final List<String> NAMES =
      List.of(
          "a", "b", "f", "h", "d", "m", "z", "e", "out", "up", "abs", "loop", "passwd", "file",
          "new", "x", "\u00e4", "\0", "\u0100", "pipe");

  private final Path folder = TemporaryFolder.create("paths").toAbsolutePath();
  private final Set<Long> inodes = new HashSet<>();
  private final FileSystem files;
  private final FileSystem.State initial;
  private final Map<String, Integer> held;

  private Choices choices = new Choices(new byte[0]);
  private final List<Location> known = new ArrayList<>();

  public PathTarget() {
    try {
      Path shared = makeFiles();
      files =
          Trees.of(
              new Mount("/", memory().with("a/b/f", new byte[5000]).with("d/f", new byte[1])),
              new Mount("/h", new HostSource(shared)),
              new Mount("/h/d/m", memory().with("f", new byte[1])),
              new Mount("/z", ArchiveReader.read(folder.resolve("z.zip"), LIMIT)),
              new Mount("/a/file", new HostSource(shared.resolve("f"))),
              new Mount("/x/m", memory().with("d/f", new byte[1]).readOnly()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    initial = files.freeze();
    held = Descriptors.of(folder.toString());
  }

  private static MemorySource memory() {
    return MemorySource.empty(LIMIT);
  }

  private Path makeFiles() throws IOException {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.createDirectories(shared.resolve("d/e"));
    for (String name : List.of("f", "d/f", "d/e/f", "\u00e4")) {
      Files.writeString(LinuxText.path(shared + "/" + name), "of the host");
    }
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("f"), SECRET);
    Files.createSymbolicLink(shared.resolve("out"), out);
    Files.createSymbolicLink(shared.resolve("up"), Path.of("../.."));
    Files.createSymbolicLink(shared.resolve("d/up"), Path.of("../../out/f"));
    Files.createSymbolicLink(shared.resolve("abs"), Path.of("/h/d"));
    Files.createSymbolicLink(shared.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(shared.resolve("passwd"), Path.of("/etc/passwd"));
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(folder.resolve("z.zip")))) {
      zip.putNextEntry(new ZipEntry("d/f"));
      zip.closeEntry();
    }
    try (Stream<Path> all = Files.walk(shared)) {
      for (Path file : all.toList()) {
        inodes.add((Long) Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS));
      }
    }
    return shared;
  }

  @Override
  public void tryInput(byte[] input) {
    choices = new Choices(input);
    known.clear();
    known.add(files.root());
    for (int i = 0; i < MAX_STEPS && choices.hasMore(); i++) {
      try {
        step();
      } catch (FileException e) {
        assertThat(e.errno()).isPositive();
      }
    }
    files.restore(initial);
  }

  private void step() {
    switch (choices.below(16)) {
      case 0, 1, 2 -> resolve();
      case 3 -> changeMode(choices.of(known).node());
      case 4 -> known.add(anyKnown().in(files.counterparts(), new IdentityHashMap<>()));
      case 5 -> list(choices.of(known));
      case 6, 7 -> use(choices.of(known).node());
      case 8 -> stateIsRestored();
      default -> change(paths(files).resolveParent(choices.of(known), path()));
    }
  }

  private Location anyKnown() {
    Location any = choices.of(known);
    assertThat(any.in(files.counterparts(), new IdentityHashMap<>())).isEqualTo(any);
    return any;
  }

  private void resolve() {
    Location base = choices.of(known);
    String path = path();
    Location found = paths(files).resolve(base, path, choices.oneIn(2));
    assertIsInTrees(found);
    if (path.startsWith("/") && found.path().length() < PathLimits.LONGEST_PATH) {
      // Nothing has changed meanwhile, so the path leads to the same file.
      assertThat(paths(files).resolve(files.root(), found.path(), false)).isEqualTo(found);
    }
    known.add(found);
  }

  private void assertIsInTrees(Location location) {
    assertThat(location.depth()).isLessThanOrEqualTo(PathLimits.DEEPEST);
    if (location.node() instanceof HostNode node) {
      assertThat(inodes).contains(node.status().inode());
    }
  }

  private void list(Location directory) {
    for (DirectoryEntry entry : directory.node().entries(Long.MAX_VALUE)) {
      assertThat(entry.name()).isNotEmpty().isNotIn(".", "..").doesNotContain("/", "\0");
      Location child = paths(files).child(directory, entry.name());
      if (child != null) {
        assertIsInTrees(child);
      }
    }
  }

  private void use(Node node) {
    boolean write = choices.oneIn(2);
    try (FileContent content = node.open(write)) {
      byte[] bytes = new byte[choices.below(300)];
      int count = content.read(choices.number() & Long.MAX_VALUE, bytes, 0, bytes.length);
      assertThat(count).isBetween(0, bytes.length);
      content.read(0, bytes, 0, bytes.length);
      assertThat(new String(bytes, UTF_8)).doesNotContain(SECRET).doesNotContain("root:");
      if (write) {
        content.write(choices.number() & Long.MAX_VALUE, bytes, 0, bytes.length);
        content.truncate(choices.number() & Long.MAX_VALUE);
      }
      assertThat(content.status().size()).isNotNegative();
    }
  }

  private void changeMode(Node node) {
    node.setPermissions((int) choices.number() & 0777);
  }

  private void stateIsRestored() {
    FileSystem.State state = files.freeze();
    files.restore(state);
  }

  private void change(PathEntry entry) {
    Node directory = entry.directory().node();
    String name = entry.name();
    if (isDots(name) || files.isMountPoint(entry.directory(), name)) {
      return; // it cannot be changed: the code that resolves the path refuses it
    }
    switch (choices.below(8)) {
      case 0 -> directory.createFile(name, 0644);
      case 1 -> directory.createDirectory(name, 0755);
      case 2, 3 -> directory.createSymbolicLink(name, path());
      case 4 -> directory.link(name, choices.of(known).node());
      case 5 -> directory.unlink(name);
      case 6 -> directory.removeDirectory(name);
      default -> rename(directory, name);
    }
    Location made = child(entry.directory(), name);
    if (made != null) {
      known.add(made);
    }
  }

  private static boolean isDots(String name) {
    return name.equals(".") || name.equals("..");
  }

  private @Nullable Location child(Location directory, String name) {
    Location made = paths(files).child(directory, name);
    if (made != null) {
      assertIsInTrees(made);
    }
    return made;
  }

  private void rename(Node directory, String name) {
    PathEntry target = paths(files).resolveParent(choices.of(known), path());
    if (isDots(target.name()) || files.isMountPoint(target.directory(), target.name())) {
      return;
    }
    directory.rename(
        name,
        target.directory().node(),
        target.name(),
        choices.oneIn(2) ? Renaming.REPLACE : Renaming.NO_REPLACE);
  }

  private String path() {
    StringBuilder path = new StringBuilder(choices.oneIn(2) ? "/" : "");
    for (int names = choices.below(8); names > 0; names--) {
      path.append(name());
      if (names > 1 || choices.oneIn(4)) {
        path.append('/');
      }
    }
    return path.toString();
  }

  private String name() {
    return switch (choices.below(16)) {
      case 0, 1 -> "..";
      case 2 -> ".";
      case 3 -> "";
      case 4 -> new String(choices.bytes(choices.below(8)), ISO_8859_1);
      case 5 -> "x".repeat(254 + choices.below(4));
      case 6 -> "./".repeat(choices.below(2100));
      case 7 -> "../".repeat(choices.below(40));
      default -> choices.of(NAMES);
    };
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(Descriptors.of(folder.toString())).isEqualTo(held);
    assertThat(paths(files).resolve(files.root(), "/a/b/f", true).node().status().size())
        .isEqualTo(5000);
    assertThat(Trees.names(files, "/")).containsExactlyInAnyOrder("a", "d", "h", "x", "z");
    assertThat(Trees.read(files, "/h/f")).isEqualTo("of the host");
  }

  @Override
  public void close() {
    files.close();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }
}

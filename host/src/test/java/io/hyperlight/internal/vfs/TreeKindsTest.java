package io.hyperlight.internal.vfs;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.paths;
import static io.hyperlight.internal.vfs.Trees.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.archive.ArchiveReader;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a file system needs from every kind of tree. It knows none of the kinds. */
@NotInHardwareLane("No VM takes part.")
class TreeKindsTest {
  private static final String TEXT = "of every kind";

  @TempDir private Path folder;

  /** The kinds of trees, each with a file {@code d/f}. */
  enum Kind {
    MEMORY {
      @Override
      TreeSource source(Path folder) {
        return MemorySource.empty(1 << 20).with("d/f", TEXT.getBytes(UTF_8));
      }
    },
    READ_ONLY_MEMORY {
      @Override
      TreeSource source(Path folder) {
        return MemorySource.empty(1 << 20).with("d/f", TEXT.getBytes(UTF_8)).readOnly();
      }
    },
    HOST {
      @Override
      TreeSource source(Path folder) throws IOException {
        Path root = Files.createDirectories(folder.resolve("host"));
        Files.writeString(Files.createDirectories(root.resolve("d")).resolve("f"), TEXT);
        return new HostSource(root);
      }
    },
    ARCHIVE {
      @Override
      TreeSource source(Path folder) throws IOException {
        Path archive = folder.resolve("archive.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
          zip.putNextEntry(new ZipEntry("d/f"));
          zip.write(TEXT.getBytes(UTF_8));
        }
        return ArchiveReader.read(archive, 1 << 20);
      }
    };

    abstract TreeSource source(Path folder) throws IOException;

    boolean isWritable() {
      return this == MEMORY;
    }
  }

  /** Mounts the tree between two others, with another one inside it. */
  private static FileSystem mounted(TreeSource source) {
    return Trees.of(
        new Mount("/", MemorySource.empty(1 << 20)),
        new Mount("/m", source),
        new Mount("/m/d/below", MemorySource.empty(1 << 20)));
  }

  @ParameterizedTest
  @EnumSource
  void nodesAreFoundAgainInAnotherFileSystem(Kind kind) throws IOException {
    TreeSource source = kind.source(folder);
    try (FileSystem here = mounted(source);
        FileSystem there = mounted(source)) {
      for (String path : List.of("/m", "/m/d", "/m/d/f")) {
        Location found = paths(here).resolve(here.root(), path, true);
        Location moved = found.in(there.counterparts(), new IdentityHashMap<>());
        assertThat(moved).as(path).isEqualTo(paths(there).resolve(there.root(), path, true));
        assertThat(moved.node()).as(path).isNotEqualTo(found.node());
        assertThat(moved.node().status().inode()).isEqualTo(found.node().status().inode());
        assertThat(moved.node().status().device()).isEqualTo(found.node().status().device());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void devicesTellTreesApart(Kind kind) throws IOException {
    try (FileSystem files = mounted(kind.source(folder))) {
      assertThat(List.of("/", "/m/d", "/m/d/below"))
          .extracting(path -> node(files, path).status().device())
          .doesNotHaveDuplicates();
      assertThat(node(files, "/m/d/f").status().device())
          .isEqualTo(node(files, "/m/d").status().device());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anOpenFileIsKeptAndOpenedAgainElsewhere(Kind kind) throws IOException {
    TreeSource source = kind.source(folder);
    FileContent kept;
    try (FileSystem here = mounted(source);
        FileContent content = node(here, "/m/d/f").open(false)) {
      kept = content.kept();
    }
    try (kept;
        FileSystem there = mounted(source);
        FileContent content = kept.in(there.counterparts())) {
      assertThat(read(content)).isEqualTo(TEXT);
      assertThat(content.status()).isEqualTo(node(there, "/m/d/f").status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anOpenFileSaysWhetherItOutlivesARestore(Kind kind) throws IOException {
    try (FileSystem files = mounted(kind.source(folder))) {
      FileSystem.State state = files.freeze();
      try (FileContent content = node(files, "/m/d/f").open(false)) {
        files.restore(state);
        if (content.outlivesRestore()) {
          assertThat(read(content)).isEqualTo(TEXT);
        } else {
          assertFails(Errno.EBADF, content::status);
          assertFails(Errno.EBADF, () -> content.read(0, new byte[1], 0, 1));
        }
      }
      assertThat(read(files, "/m/d/f")).isEqualTo(TEXT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyWhatCanBeWrittenIsInAState(Kind kind) throws IOException {
    try (FileSystem files = mounted(kind.source(folder))) {
      assertThat(node(files, "/m/d").isWritable()).isEqualTo(kind.isWritable());
      FrozenFiles frozen = files.freeze().files();
      if (kind.isWritable()) {
        assertThat(frozen.paths()).containsExactly("/m/d/f");
        assertThat(frozen.size("/m/d/f")).isEqualTo(TEXT.length());
      } else {
        assertThat(frozen.paths()).isEmpty();
        assertThat(frozen.size("/m/d/f")).isEqualTo(-1);
        assertFails(Errno.EROFS, () -> node(files, "/m/d").createFile("new", 0644));
        assertFails(Errno.EROFS, () -> node(files, "/m/d/f").open(true));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDirectoryWithAMountInItIsTheTreesOwnForTheTree(Kind kind) throws IOException {
    try (FileSystem files = mounted(kind.source(folder))) {
      Node merged = node(files, "/m/d");
      Node own = merged.unmerged();
      assertThat(own).isNotEqualTo(merged);
      assertThat(own.unmerged()).isSameAs(own);
      assertThat(own.child("below")).isNull();
      assertThat(merged.child("below")).isNotNull();
      assertThat(merged.unmergedFor("other")).isEqualTo(own);
      assertFails(Errno.EBUSY, () -> merged.unmergedFor("below"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileSystemOfOtherMountsHasNoCounterparts(Kind kind) throws IOException {
    try (FileSystem here = mounted(kind.source(folder));
        FileSystem none = Trees.of();
        FileSystem other =
            Trees.of(
                new Mount("/", new HostSource(folder)),
                new Mount("/m", kind == Kind.HOST ? MemorySource.empty(0) : new HostSource(folder)),
                new Mount("/n", MemorySource.empty(0)));
        FileContent content = node(here, "/m/d/f").open(false);
        FileContent kept = content.kept()) {
      for (String path : List.of("/m/d", "/m/d/f")) {
        Node node = node(here, path);
        assertFails(Errno.ENOENT, () -> node.in(none.counterparts()));
        assertFails(Errno.ENOENT, () -> node.in(other.counterparts()));
      }
      if (!kept.outlivesRestore()) {
        assertFails(Errno.ENOENT, () -> kept.in(none.counterparts()));
      }
    }
  }
}

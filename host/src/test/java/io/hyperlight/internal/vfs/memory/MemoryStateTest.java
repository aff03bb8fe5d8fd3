package io.hyperlight.internal.vfs.memory;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.link;
import static io.hyperlight.internal.vfs.Trees.makeDirectory;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.paths;
import static io.hyperlight.internal.vfs.Trees.read;
import static io.hyperlight.internal.vfs.Trees.rename;
import static io.hyperlight.internal.vfs.Trees.unlink;
import static io.hyperlight.internal.vfs.Trees.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.FrozenFiles;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathLimits;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Restores of a tree in memory, and reads of a frozen state. */
@NotInHardwareLane("No VM takes part.")
class MemoryStateTest extends MemoryTreeFixture {
  @Test
  void goingBackUndoesEverything() {
    write(files, "/kept", "kept");
    makeDirectory(files, "/d");
    write(files, "/d/f", "x".repeat(50_000));
    FileSystem.State state = files.freeze();
    write(files, "/kept", "changed");
    write(files, "/d/f", "short");
    rename(files, "/d", "/e");
    unlink(files, "/kept");
    write(files, "/new", "new");
    files.restore(state);
    assertThat(names(files, "/")).containsExactly("d", "kept");
    assertThat(read(files, "/kept")).isEqualTo("kept");
    assertThat(read(files, "/d/f")).isEqualTo("x".repeat(50_000));
    assertThat(files.freeze().files().paths()).containsExactly("/d/f", "/kept");
  }

  @Test
  void aStateIsNotChangedByWhoGoesOn() {
    write(files, "/f", "x".repeat(50_000));
    FileSystem.State state = files.freeze();
    try (FileContent content = open(files, "/f")) {
      write(content, 20_000, "changed");
      content.truncate(30_000);
      content.truncate(60_000);
    }
    FileSystem other = Trees.memory(LIMIT);
    other.restore(state);
    assertThat(read(other, "/f")).isEqualTo("x".repeat(50_000));
    write(other, "/f", "other");
    files.restore(state);
    assertThat(read(files, "/f")).isEqualTo("x".repeat(50_000));
    assertThat(state.files().size("/f")).isEqualTo(50_000);
  }

  @Test
  void goingBackGivesRoomBack() {
    FileSystem.State state = files.freeze();
    for (int i = 0; i < 20; i++) {
      write(files, "/f", "x".repeat(900_000));
      files.restore(state);
    }
    assertThat(names(files, "/")).isEmpty();
  }

  @Test
  void contentsFromBeforeAreInvalidAfterGoingBack() {
    write(files, "/f", "text");
    FileContent before = open(files, "/f");
    FileContent kept = before.kept();
    FileSystem.State state = files.freeze();
    assertThat(read(before)).isEqualTo("text");
    files.restore(state);
    assertFails(Errno.EBADF, () -> before.read(0, new byte[1], 0, 1));
    assertFails(Errno.EBADF, before::status);
    try (FileContent after = kept.in(files.counterparts())) {
      unlink(files, "/f");
      before.close();
      assertThat(read(after)).isEqualTo("text");
    }
    assertFails(Errno.ENOENT, () -> kept.in(files.counterparts()));
  }

  @Test
  void aFileWithoutNamesIsPartOfAState() {
    write(files, "/f", "text");
    FileContent content = open(files, "/f");
    unlink(files, "/f");
    FileContent kept = content.kept();
    FileSystem.State state = files.freeze();
    content.close();
    FileSystem other = Trees.memory(LIMIT);
    other.restore(state);
    try (FileContent there = kept.in(other.counterparts())) {
      assertThat(read(there)).isEqualTo("text");
      write(there, 0, "T");
      assertThat(read(there)).isEqualTo("Text");
    }
    // The file is closed there, so it is gone there. Here it can come back.
    assertFails(Errno.ENOENT, () -> kept.in(other.counterparts()));
    files.restore(state);
    try (FileContent again = kept.in(files.counterparts())) {
      assertThat(read(again)).isEqualTo("text");
    }
    assertThat(state.files().paths()).isEmpty();
  }

  @Test
  void aTreeThatIsReadOnlyRefusesEveryChange() {
    FileSystem fixed =
        Trees.of(
            new Mount(
                "/", MemorySource.empty(LIMIT).with("d/f", "text".getBytes(UTF_8)).readOnly()));
    Node directory = node(fixed, "/d");
    Node file = node(fixed, "/d/f");
    assertThat(directory.isWritable()).isFalse();
    assertThat(directory.status().permissions()).isEqualTo(0755);
    assertThat(file.status().permissions()).isEqualTo(0644);
    assertThat(read(fixed, "/d/f")).isEqualTo("text");
    assertFails(Errno.EROFS, () -> file.open(true));
    assertFails(Errno.EROFS, () -> directory.createFile("x", 0644));
    assertFails(Errno.EROFS, () -> directory.createDirectory("x", 0755));
    assertFails(Errno.EROFS, () -> directory.createSymbolicLink("x", "f"));
    assertFails(Errno.EROFS, () -> directory.link("x", file));
    assertFails(Errno.EROFS, () -> directory.unlink("f"));
    assertFails(Errno.EROFS, () -> directory.removeDirectory("f"));
    assertFails(Errno.EROFS, () -> directory.rename("f", directory, "g", Renaming.REPLACE));
    assertFails(Errno.EROFS, () -> file.setPermissions(0777));
    assertFails(Errno.EROFS, () -> file.setTimes(Trees.NOW, null));
  }

  @Test
  void theFilesOfAStateAreThoseThatTheGuestSaw() {
    MemorySource outer =
        MemorySource.empty(LIMIT)
            .with("a/hidden", new byte[1])
            .with("b", new byte[2])
            .with("way", new byte[4])
            .with("ab", new byte[5]);
    FileSystem mixed =
        Trees.of(
            new Mount("/covered", MemorySource.empty(LIMIT).with("x", new byte[1])),
            new Mount("/", outer),
            new Mount("/a", MemorySource.empty(LIMIT).with("seen", new byte[3])),
            new Mount("/r", MemorySource.empty(LIMIT).with("fixed", new byte[1]).readOnly()),
            new Mount("/way/point", MemorySource.empty(LIMIT)));
    Trees.makeLink(mixed, "/link", "b");
    link(mixed, "/second", "/b");
    FrozenFiles frozen = mixed.freeze().files();
    assertThat(frozen.paths()).containsExactly("/ab", "/b", "/second", "/a/seen");
    assertThat(frozen.size("/b")).isEqualTo(2);
    assertThat(frozen.size("/a/seen")).isEqualTo(3);
    for (String path :
        List.of(
            "/a/hidden", "/way", "/link", "/a", "/", "", "b", "/r/fixed", "/covered/x", "/b/")) {
      assertThat(frozen.size(path)).as(path).isEqualTo(-1);
    }
  }

  @Test
  void directoriesNestedDeeperThanAnyPathDoNoHarm() {
    FileSystem deep = Trees.memory(64 << 20);
    makeDirectory(deep, "/top");
    for (int i = 0; i < 20_000; i++) {
      // The whole tree moves down one level each time.
      makeDirectory(deep, "/new");
      write(deep, "/new/f", "x");
      rename(deep, "/top", "/new/d");
      rename(deep, "/new", "/top");
    }
    List<String> paths = deep.freeze().files().paths().toList();
    assertThat(paths).hasSize((PathLimits.LONGEST_PATH - 7) / 2 + 1);
    assertThat(paths).allMatch(path -> path.length() < PathLimits.LONGEST_PATH);
  }
}

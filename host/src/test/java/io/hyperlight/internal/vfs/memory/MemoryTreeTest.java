package io.hyperlight.internal.vfs.memory;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.link;
import static io.hyperlight.internal.vfs.Trees.makeDirectory;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.paths;
import static io.hyperlight.internal.vfs.Trees.read;
import static io.hyperlight.internal.vfs.Trees.removeDirectory;
import static io.hyperlight.internal.vfs.Trees.rename;
import static io.hyperlight.internal.vfs.Trees.unlink;
import static io.hyperlight.internal.vfs.Trees.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names, kinds and directories of a tree in memory. */
@NotInHardwareLane("No VM takes part.")
class MemoryTreeTest extends MemoryTreeFixture {
  @Test
  void aFileIsWhatWasWrittenToIt() {
    write(files, "/f", "first");
    try (FileContent content = open(files, "/f")) {
      assertThat(write(content, 5, " second")).isEqualTo(7);
      assertThat(write(content, 40_000, "far")).isEqualTo(3);
      assertThat(content.status().size()).isEqualTo(40_003);
      assertThat(read(content)).isEqualTo("first second" + "\0".repeat(39_988) + "far");
      content.truncate(8);
      content.truncate(20_000);
      assertThat(read(content)).isEqualTo("first se" + "\0".repeat(19_992));
      byte[] rest = new byte[10];
      assertThat(content.read(20_000, rest, 0, 10)).isZero();
      assertThat(content.read(Long.MAX_VALUE, rest, 0, 10)).isZero();
      assertThat(content.read(19_995, rest, 1, 9)).isEqualTo(5);
      assertThat(content.write(0, rest, 0, 0)).isZero();
    }
  }

  @Test
  void timesComeFromTheClockAndFromWhoSetsThem() {
    write(files, "/f", "text");
    Instant then = Instant.parse("1999-12-31T23:59:59Z");
    node(files, "/f").setTimes(then, null);
    FileStatus status = node(files, "/f").status();
    assertThat(status.accessed()).isEqualTo(then);
    assertThat(status.modified()).isEqualTo(Trees.NOW);
    node(files, "/f").setTimes(null, then);
    write(files, "/f", "more");
    assertThat(node(files, "/f").status().modified()).isEqualTo(Trees.NOW);
  }

  @Test
  void permissionsAreKept() {
    write(files, "/f", "text");
    node(files, "/f").setPermissions(07751);
    assertThat(node(files, "/f").status().permissions()).isEqualTo(07751);
  }

  @Test
  void aNameIsTakenOnce() {
    write(files, "/f", "text");
    makeDirectory(files, "/d");
    for (String name : List.of("f", "d")) {
      Node root = files.root().node();
      assertFails(Errno.EEXIST, () -> root.createFile(name, 0644));
      assertFails(Errno.EEXIST, () -> root.createDirectory(name, 0755));
      assertFails(Errno.EEXIST, () -> root.createSymbolicLink(name, "x"));
      assertFails(Errno.EEXIST, () -> root.link(name, node(files, "/f")));
    }
  }

  @Test
  void whatAKindOfFileCannotDoFailsAsOnLinux() {
    write(files, "/f", "text");
    makeDirectory(files, "/d");
    write(files, "/d/x", "");
    Trees.makeLink(files, "/l", "f");
    Node link = paths(files).resolve(files.root(), "/l", false).node();
    assertFails(Errno.EISDIR, () -> unlink(files, "/d"));
    assertFails(Errno.ENOTDIR, () -> removeDirectory(files, "/f"));
    assertFails(Errno.ENOTDIR, () -> removeDirectory(files, "/l"));
    assertFails(Errno.ENOTEMPTY, () -> removeDirectory(files, "/d"));
    assertFails(Errno.ENOENT, () -> unlink(files, "/x"));
    assertFails(Errno.ENOENT, () -> removeDirectory(files, "/x"));
    assertFails(Errno.EISDIR, () -> node(files, "/d").open(false));
    assertFails(Errno.ELOOP, () -> link.open(false));
    assertFails(Errno.EINVAL, () -> node(files, "/f").target());
    assertFails(Errno.ENOTDIR, () -> node(files, "/f").entries(Long.MAX_VALUE));
    assertFails(Errno.ENOTDIR, () -> node(files, "/f").child("x"));
    assertFails(Errno.EPERM, () -> link(files, "/again", "/d"));
  }

  @Test
  void allNamesOfAFileAreEqual() {
    write(files, "/f", "text");
    link(files, "/g", "/f");
    assertThat(node(files, "/f").status().links()).isEqualTo(2);
    assertThat(node(files, "/g")).isEqualTo(node(files, "/f"));
    write(files, "/g", "other");
    assertThat(read(files, "/f")).isEqualTo("other");
    unlink(files, "/f");
    assertThat(read(files, "/g")).isEqualTo("other");
    assertThat(node(files, "/g").status().links()).isEqualTo(1);
  }

  @Test
  void directoriesCountTheirSubdirectories() {
    makeDirectory(files, "/a");
    makeDirectory(files, "/a/b");
    makeDirectory(files, "/c");
    assertThat(node(files, "/a").status().links()).isEqualTo(3);
    rename(files, "/a/b", "/c/b");
    assertThat(node(files, "/a").status().links()).isEqualTo(2);
    assertThat(node(files, "/c").status().links()).isEqualTo(3);
    removeDirectory(files, "/c/b");
    assertThat(node(files, "/c").status().links()).isEqualTo(2);
    assertThat(files.root().node().status().links()).isEqualTo(4);
  }

  @Test
  void whatRenamingReplacesHasToBeOfItsKind() {
    write(files, "/f", "f");
    write(files, "/g", "g");
    makeDirectory(files, "/d");
    makeDirectory(files, "/empty");
    makeDirectory(files, "/d/e");
    assertFails(Errno.ENOENT, () -> rename(files, "/x", "/y"));
    assertFails(Errno.EISDIR, () -> rename(files, "/f", "/empty"));
    assertFails(Errno.ENOTDIR, () -> rename(files, "/d", "/f"));
    assertFails(Errno.ENOTEMPTY, () -> rename(files, "/empty", "/d"));
    assertFails(Errno.EINVAL, () -> rename(files, "/d", "/d/e/d"));
    assertFails(Errno.EINVAL, () -> rename(files, "/d", "/d/d"));
    assertFails(Errno.ENOTEMPTY, () -> rename(files, "/d/e", "/d"));
    Node root = files.root().node();
    assertFails(Errno.EEXIST, () -> root.rename("f", root, "g", Renaming.NO_REPLACE));
    rename(files, "/f", "/g");
    assertThat(read(files, "/g")).isEqualTo("f");
    rename(files, "/d", "/empty");
    assertThat(names(files, "/")).containsExactly("empty", "g");
    assertThat(names(files, "/empty")).containsExactly("e");
  }

  @Test
  void renamingToAnotherNameOfTheSameFileDoesNothing() {
    write(files, "/f", "f");
    link(files, "/g", "/f");
    rename(files, "/f", "/g");
    rename(files, "/f", "/f");
    assertThat(names(files, "/")).containsExactly("f", "g");
  }

  @Test
  void aDirectoryThatIsGoneHasNothingInIt() {
    makeDirectory(files, "/d");
    Location gone = paths(files).resolve(files.root(), "/d", true);
    Hold hold = gone.node().hold();
    removeDirectory(files, "/d");
    assertThat(paths(files).resolve(gone, "..", true).path()).isEqualTo("/");
    assertThat(gone.node().status().links()).isZero();
    assertThat(gone.node().entries(Long.MAX_VALUE)).isEmpty();
    assertFails(Errno.ENOENT, () -> paths(files).resolve(gone, "x", true));
    assertFails(Errno.ENOENT, () -> gone.node().createFile("x", 0644));
    assertFails(Errno.ENOENT, () -> gone.node().createSpecial("x", FileKind.PIPE, 0644));
    hold.close();
    assertFails(Errno.ENOENT, () -> gone.node().status());
  }

  @Test
  void aDirectoryThatIsHeldKeepsThoseAboveItWhichAreGoneToo() {
    FileSystem small = Trees.memory(3 * (Budget.INODE + Budget.NAME + 1));
    for (int round = 0; round < 10; round++) {
      makeDirectory(small, "/a");
      makeDirectory(small, "/a/b");
      makeDirectory(small, "/a/b/c");
      Location deep = paths(small).resolve(small.root(), "/a/b/c", true);
      Location above = paths(small).resolve(deep, "..", true);
      Hold one = deep.node().hold();
      Hold two = deep.node().hold();
      removeDirectory(small, "/a/b/c");
      removeDirectory(small, "/a/b");
      removeDirectory(small, "/a");
      one.close();
      one.close();
      assertThat(paths(small).resolve(deep, "../..", true).node().status().links()).isZero();
      assertThat(paths(small).resolve(deep, "../../..", true)).isEqualTo(small.root());
      two.close();
      // Everything was released, or the next round would have no room.
      assertFails(Errno.ENOENT, () -> above.node().status());
    }
  }

  @Test
  void aHoldEndsWithARestore() {
    makeDirectory(files, "/d");
    FileSystem.State state = files.freeze();
    Node held = node(files, "/d");
    Hold hold = held.hold();
    files.restore(state);
    Hold again = held.hold();
    removeDirectory(files, "/d");
    hold.close();
    assertThat(held.status().links()).isZero();
    again.close();
    assertFails(Errno.ENOENT, held::status);
  }

  @Test
  void whatChangesPlacesStaysWhatItIs() {
    write(files, "/f", "f");
    makeDirectory(files, "/d");
    makeDirectory(files, "/d/e");
    Node root = files.root().node();
    Node directory = node(files, "/d");
    assertFails(Errno.ENOENT, () -> root.rename("f", root, "x", Renaming.EXCHANGE));
    assertFails(Errno.EINVAL, () -> root.rename("d", directory, "e", Renaming.EXCHANGE));
    assertFails(Errno.EINVAL, () -> directory.rename("e", root, "d", Renaming.EXCHANGE));
    root.rename("f", directory, "e", Renaming.EXCHANGE);
    assertThat(read(files, "/d/e")).isEqualTo("f");
    assertThat(node(files, "/f").kind()).isEqualTo(FileKind.DIRECTORY);
    assertThat(root.status().links()).isEqualTo(4);
    assertThat(directory.status().links()).isEqualTo(2);
    root.rename("f", root, "g", Renaming.WHITEOUT);
    assertThat(node(files, "/f").status().deviceNumber()).isZero();
    assertThat(node(files, "/f").kind()).isEqualTo(FileKind.CHARACTER_DEVICE);
    assertThat(names(files, "/")).containsExactly("d", "f", "g");
  }
}

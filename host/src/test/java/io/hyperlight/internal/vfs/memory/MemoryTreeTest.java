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
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.FrozenFiles;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathLimits;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Space;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@NotInHardwareLane("No VM takes part.")
class MemoryTreeTest {
  private static final long LIMIT = 1 << 20;

  private final FileSystem files = Trees.memory(LIMIT);

  private static FileContent open(FileSystem files, String path) {
    return node(files, path).open(true);
  }

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
      // All of it has been given back, or the next round would have no room.
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

  @Test
  void aFileWithoutNamesLivesWhileItIsOpen() {
    write(files, "/f", "text");
    FileContent one = open(files, "/f");
    FileContent two = one.in(files.counterparts());
    unlink(files, "/f");
    assertFails(Errno.ENOENT, () -> node(files, "/f"));
    one.close();
    one.close();
    assertThat(read(two)).isEqualTo("text");
    assertThat(two.status().links()).isZero();
    write(two, 4, " and more");
    assertThat(read(two)).isEqualTo("text and more");
    two.close();
    assertFails(Errno.EBADF, two::status);
  }

  @Test
  void aFileWithoutNamesGivesItsRoomBackWhenItIsClosed() {
    for (int i = 0; i < 10; i++) {
      write(files, "/f", "x".repeat(700_000));
      FileContent content = open(files, "/f");
      unlink(files, "/f");
      // There is not room for another one.
      Node other = files.root().node().createFile("g", 0644);
      try (FileContent second = other.open(true)) {
        assertThat(write(second, 0, "y".repeat(700_000))).isLessThan(400_000);
      }
      unlink(files, "/g");
      content.close();
    }
  }

  @Test
  void whatIsOpenToBeReadIsNotWritten() {
    write(files, "/f", "text");
    try (FileContent content = node(files, "/f").open(false)) {
      assertFails(Errno.EBADF, () -> write(content, 0, "x"));
      assertFails(Errno.EBADF, () -> content.truncate(0));
    }
  }

  @Test
  void contentsAreWrittenAsFarAsThereIsRoom() {
    write(files, "/f", "");
    try (FileContent content = open(files, "/f")) {
      int written = write(content, 0, "x".repeat(2 << 20));
      assertThat(written).isBetween((int) LIMIT - 10_000, (int) LIMIT);
      assertThat(content.status().size()).isEqualTo(written);
      assertFails(Errno.ENOSPC, () -> write(content, written, "x"));
      assertFails(Errno.ENOSPC, () -> write(content, 1L << 40, "x"));
      assertFails(Errno.EFBIG, () -> write(content, Long.MAX_VALUE, "x"));
      assertFails(Errno.ENOSPC, () -> content.reserve(LIMIT, LIMIT + 4096, true));
      assertThat(write(content, 10, "in place")).isEqualTo(8);
      content.truncate(0);
      assertThat(write(content, 0, "x".repeat(500_000))).isEqualTo(500_000);
    }
  }

  @Test
  void holesCostNothing() {
    write(files, "/f", "");
    try (FileContent content = open(files, "/f")) {
      content.truncate(Long.MAX_VALUE);
      assertThat(content.status().size()).isEqualTo(Long.MAX_VALUE);
      assertThat(content.status().allocated()).isZero();
      for (long at : new long[] {0, 1L << 20, 1L << 30, 1L << 40, 1L << 62}) {
        assertThat(write(content, at, "here")).isEqualTo(4);
        assertThat(content.nextData(Math.max(0, at - 100_000))).isEqualTo(at);
        assertThat(content.nextHole(at)).isEqualTo(at + 4096);
      }
      assertThat(write(content, Long.MAX_VALUE - 1, "over")).isEqualTo(1);
      assertThat(content.status().allocated()).isEqualTo(6 * 4096);
      byte[] some = new byte[3];
      assertThat(content.read((1L << 40) + 2, some, 0, 3)).isEqualTo(3);
      assertThat(some).containsExactly('r', 'e', 0);
    }
  }

  /** Files that are nothing but the way to their pages. */
  @Test
  void manySparseFilesCannotTakeMoreThanTheLimit() {
    long limit = 16L << 20;
    FileSystem large = Trees.memory(limit);
    int count = 0;
    try {
      while (count < 100_000) {
        write(large, "/" + count, "");
        try (FileContent content = open(large, "/" + count)) {
          write(content, 1L << 50, "x");
        }
        count++;
      }
    } catch (FileException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOSPC);
    }
    // 38 bits of a page's number are seven levels.
    assertThat((long) count * 7 * PageTree.NODE).isBetween(limit / 2, limit);
  }

  @Test
  void aHoleThatIsPunchedGivesBackWhatItTook() {
    write(files, "/f", "");
    try (FileContent content = open(files, "/f")) {
      Space before = node(files, "/f").space();
      for (int i = 0; i < 20; i++) {
        assertThat(write(content, i * 800_000L, "x".repeat(800_000))).isEqualTo(800_000);
        content.punch(i * 800_000L, (i + 1) * 800_000L);
      }
      content.truncate(0);
      for (int i = 0; i < 20; i++) {
        content.reserve(0, 800_000, false);
        assertThat(content.status().size()).isZero();
        assertThat(content.status().allocated()).isEqualTo(196 * 4096);
        assertFails(Errno.ENOSPC, () -> content.reserve(1 << 20, 2 << 20, false));
        content.punch(0, Long.MAX_VALUE);
      }
      assertThat(node(files, "/f").space()).isEqualTo(before);
    }
  }

  @Test
  void whatIsReservedCanBeWrittenWhenNothingElseCan() {
    write(files, "/f", "");
    write(files, "/g", "");
    try (FileContent content = open(files, "/f");
        FileContent other = open(files, "/g")) {
      content.reserve(8192, 8192 + 40_960, true);
      assertThat(content.status().size()).isEqualTo(49_152);
      assertThat(write(other, 0, "x".repeat(2 << 20))).isLessThan(1 << 20);
      assertFails(Errno.ENOSPC, () -> write(content, 0, "x"));
      assertThat(write(content, 8192, "x".repeat(50_000))).isEqualTo(40_960);
    }
  }

  @Test
  void namesAndEmptyFilesAreCounted() {
    List<String> made = new ArrayList<>();
    FileSystem small = Trees.memory(10 * (Budget.INODE + Budget.NAME + 101));
    for (int i = 0; i < 10; i++) {
      made.add("/" + i + "x".repeat(100));
      write(small, made.get(i), "");
    }
    assertFails(Errno.ENOSPC, () -> makeDirectory(small, "/d"));
    assertFails(Errno.ENOSPC, () -> Trees.makeLink(small, "/l", "x".repeat(300)));
    unlink(small, made.getFirst());
    write(small, made.getFirst(), "");
    assertFails(Errno.ENOSPC, () -> rename(small, made.getFirst(), "/" + "y".repeat(255)));
    for (int i = 0; i < 1000; i++) {
      // Neither renaming nor replacing takes or gives anything in the end.
      rename(small, made.getFirst(), "/y");
      rename(small, "/y", made.getFirst());
    }
    assertFails(Errno.ENOSPC, () -> write(small, "/one more" + "x".repeat(100), ""));
  }

  @Test
  void replacingAFileGivesBackWhatItTook() {
    for (int i = 0; i < 100; i++) {
      write(files, "/new", "x".repeat(300_000));
      rename(files, "/new", "/f");
    }
    assertThat(names(files, "/")).containsExactly("f");
  }

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
    // Closed there, so it is gone there; here it can come back.
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
      // The whole tree moves one down each time.
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

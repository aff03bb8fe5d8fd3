package io.hyperlight.internal.vfs.memory;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.makeDirectory;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.read;
import static io.hyperlight.internal.vfs.Trees.rename;
import static io.hyperlight.internal.vfs.Trees.unlink;
import static io.hyperlight.internal.vfs.Trees.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Space;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contents of files in memory, and their cost. */
@NotInHardwareLane("No VM takes part.")
class MemoryContentTest extends MemoryTreeFixture {
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
      // There is no room for another one.
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

  /** Files that consist of little but the nodes above their pages. */
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
    // A page number of 38 bits has seven levels.
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
      // In the end, renaming and replacing neither take nor release anything.
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
}

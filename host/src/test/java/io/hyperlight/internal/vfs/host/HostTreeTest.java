package io.hyperlight.internal.vfs.host;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.paths;
import static io.hyperlight.internal.vfs.Trees.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NotInHardwareLane("No VM takes part.")
@Tag("slow")
class HostTreeTest {
  private static final String SECRET = "nobody may read this";

  @TempDir private Path folder;
  private Path shared;
  private Path secret;

  @BeforeEach
  void makeFiles() throws IOException {
    shared = Files.createDirectory(folder.resolve("shared"));
    Files.createDirectory(shared.resolve("d"));
    Files.writeString(shared.resolve("d/f"), "inside");
    secret = Files.writeString(Files.createDirectory(folder.resolve("out")).resolve("f"), SECRET);
  }

  @AfterEach
  void nothingStaysOpen() {
    // JUnit would also delete this, but it warns of links that lead elsewhere.
    Command.run("rm", "-rf", shared.toString()).outputOfSuccess();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  @Test
  void aDirectoryIsShownAsItIs() throws IOException {
    Files.createSymbolicLink(shared.resolve("l"), Path.of("d/f"));
    try (FileSystem files = Trees.host(shared)) {
      assertThat(names(files, "/")).containsExactlyInAnyOrder("d", "l");
      assertThat(read(files, "/d/f")).isEqualTo("inside");
      assertThat(read(files, "/l")).isEqualTo("inside");
      assertThat(paths(files).resolve(files.root(), "/l", false).node().target()).isEqualTo("d/f");
      Files.writeString(shared.resolve("d/g"), "new");
      Files.delete(shared.resolve("d/f"));
      assertThat(read(files, "/d/g")).isEqualTo("new");
      assertFails(Errno.ENOENT, () -> node(files, "/d/f"));
      assertThat(names(files, "/d")).containsExactly("g");
    }
  }

  @Test
  void aStatusIsTheHostsWithWritePermissionsAndWithoutOthersRights() throws IOException {
    Path file = shared.resolve("d/f");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxr--"));
    Command.run("chmod", "u+s", file.toString()).outputOfSuccess();
    Instant modified = Instant.parse("2001-02-03T04:05:06.789012Z");
    Files.setLastModifiedTime(file, FileTime.from(modified));
    try (FileSystem files = Trees.host(shared)) {
      Node node = node(files, "/d/f");
      FileStatus status = node.status();
      assertThat(status.kind()).isEqualTo(FileKind.REGULAR);
      assertThat(status.permissions()).isEqualTo(0774);
      assertThat(status.size()).isEqualTo(6);
      assertThat(status.modified()).isEqualTo(modified);
      assertThat(status.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
      assertThat(status.links()).isEqualTo(1);
      try (FileContent content = node.open(false)) {
        assertThat(content.status()).isEqualTo(status);
      }
    }
  }

  @Test
  void nothingCanBeChanged() {
    try (FileSystem files = Trees.host(shared)) {
      Node directory = node(files, "/d");
      assertThat(directory.isWritable()).isFalse();
      assertFails(Errno.EROFS, () -> node(files, "/d/f").open(true));
      assertFails(Errno.EROFS, () -> directory.createFile("x", 0644));
      assertFails(Errno.EROFS, () -> directory.createDirectory("x", 0755));
      assertFails(Errno.EROFS, () -> directory.unlink("f"));
      assertFails(Errno.EROFS, () -> directory.rename("f", directory, "g", Renaming.REPLACE));
      assertFails(Errno.EROFS, () -> directory.setPermissions(0777));
      try (FileContent content = node(files, "/d/f").open(false)) {
        assertFails(Errno.EROFS, () -> Trees.write(content, 0, "x"));
        assertFails(Errno.EROFS, () -> content.truncate(0));
      }
    }
    assertThat(shared.resolve("d/f")).hasContent("inside");
  }

  @Test
  void whatAKindOfFileCannotDoFailsAsOnLinux() throws IOException {
    Files.createSymbolicLink(shared.resolve("l"), Path.of("d"));
    try (FileSystem files = Trees.host(shared)) {
      assertFails(Errno.EISDIR, () -> node(files, "/d").open(false));
      assertFails(Errno.ENOTDIR, () -> node(files, "/d/f").entries(Long.MAX_VALUE));
      assertFails(Errno.ENOTDIR, () -> node(files, "/d/f").child("x"));
      assertFails(Errno.ENOTDIR, () -> node(files, "/d/f/x"));
      assertFails(Errno.EINVAL, () -> node(files, "/d").target());
      Node link = paths(files).resolve(files.root(), "/l", false).node();
      assertFails(Errno.ELOOP, () -> link.open(false));
      assertFails(Errno.ENOTDIR, () -> link.entries(Long.MAX_VALUE));
    }
  }

  @Test
  void oneFileCanBeATree() throws IOException {
    Path file = shared.resolve("d/f");
    try (FileSystem files =
        Trees.of(new Mount("/etc/conf", new HostSource(file, FileKind.REGULAR)))) {
      assertThat(names(files, "/etc")).containsExactly("conf");
      assertThat(read(files, "/etc/conf")).isEqualTo("inside");
      assertFails(Errno.ENOTDIR, () -> node(files, "/etc/conf/.."));
      assertFails(Errno.ENOTDIR, () -> node(files, "/etc/conf").entries(Long.MAX_VALUE));
      // A replacement of the file shows no other file.
      Files.delete(file);
      Files.createSymbolicLink(file, secret);
      assertThat(read(files, "/etc/conf")).isEqualTo("inside");
    }
  }

  @Test
  void aPathThatHasBecomeSomethingElseIsNotShown() throws IOException {
    HostSource source = new HostSource(shared.resolve("d/f"), FileKind.REGULAR);
    Files.delete(shared.resolve("d/f"));
    Files.createDirectory(shared.resolve("d/f"));
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> Trees.of(new Mount("/x", source)))
        .withMessageContaining("d/f), which is not a regular file");
    Command.run("mkfifo", shared.resolve("fifo").toString()).outputOfSuccess();
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> Trees.host(shared.resolve("fifo")));
  }

  @Test
  void noLinkLeadsOut() throws IOException {
    Files.createSymbolicLink(shared.resolve("absolute"), secret);
    Files.createSymbolicLink(shared.resolve("relative"), Path.of("../out/f"));
    Files.createSymbolicLink(shared.resolve("deep"), Path.of("d/../../out"));
    Files.createSymbolicLink(shared.resolve("up"), Path.of(".."));
    Files.createSymbolicLink(shared.resolve("magic"), Path.of("/proc/self/cwd"));
    Files.createSymbolicLink(shared.resolve("root"), Path.of("/proc/self/root"));
    Files.createSymbolicLink(shared.resolve("top"), Path.of("/"));
    try (FileSystem files = Trees.of(new Mount("/m/n", new HostSource(shared)))) {
      for (String path :
          List.of("absolute", "relative", "deep/f", "up/out/f", "magic/x", "root/etc/passwd")) {
        assertFails(Errno.ENOENT, () -> read(files, "/m/n/" + path));
      }
      assertFails(Errno.ENOENT, () -> read(files, "/m/n/../../../out/f"));
      assertThat(names(files, "/m/n/top")).containsExactly("m");
      assertThat(paths(files).resolve(files.root(), "/m/n/up", true).path()).isEqualTo("/m");
    }
  }

  @Test
  void aListingThatIsTooLargeForTheHeapIsNotEvenMade() throws IOException {
    Path many = Files.createDirectory(shared.resolve("many"));
    for (int i = 0; i < 2_000; i++) {
      Files.createFile(many.resolve("file" + i));
    }
    AtomicLong steps = new AtomicLong();
    HostTree tree = new HostTree(0, new HostRoot(shared, null), steps::addAndGet);
    try {
      long bytes =
          tree.entries("many", Long.MAX_VALUE).stream().mapToLong(DirectoryEntry::heapBytes).sum();
      assertThat(tree.entries("many", bytes)).hasSize(2_000);
      assertFails(Errno.ENOMEM, () -> tree.entries("many", bytes - 1));
      steps.set(0);
      assertFails(Errno.ENOMEM, () -> tree.entries("many", 1_000));
      assertThat(steps.get()).isLessThan(20);
    } finally {
      tree.close();
    }
  }

  /** The file system above never asks for these names, and the tree refuses them all the same. */
  @Test
  void theTreeItselfFollowsNoLinkAndGoesNowhereElse() throws IOException {
    Files.createSymbolicLink(shared.resolve("link"), folder.resolve("out"));
    Files.createSymbolicLink(shared.resolve("near"), Path.of("d"));
    HostTree tree = new HostTree(0, new HostRoot(shared, null), Checkpoint.NONE);
    try {
      for (String path :
          List.of("link/f", "near/f", "../out/f", "d/../../out/f", secret.toString(), "..", "/")) {
        assertThat(tree.find(path)).as(path).isNull();
        assertFails(Errno.ENOENT, () -> tree.openFile(path));
        assertFails(Errno.ENOENT, () -> tree.entries(path, Long.MAX_VALUE));
        assertFails(Errno.ENOENT, () -> tree.status(path));
      }
      assertThat(tree.find("link")).isEqualTo(FileKind.SYMBOLIC_LINK);
      assertFails(Errno.ENOENT, () -> tree.openFile("link"));
      for (String name : List.of("", ".", "..", "../out", "d/f", "d\0")) {
        assertFails(Errno.ENOENT, () -> tree.root().child(name));
      }
    } finally {
      tree.close();
    }
    assertFails(Errno.EIO, () -> tree.find("d"));
    assertFails(Errno.EIO, () -> tree.status(""));
  }

  @Test
  void pipesSocketsAndDevicesDoNotExist() throws IOException {
    Command.run("mkfifo", shared.resolve("fifo").toString()).outputOfSuccess();
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        FileSystem files = Trees.host(shared)) {
      socket.bind(UnixDomainSocketAddress.of(shared.resolve("socket")));
      assertThat(names(files, "/")).containsExactly("d");
      assertFails(Errno.ENOENT, () -> node(files, "/fifo"));
      assertFails(Errno.ENOENT, () -> node(files, "/socket"));
      // This holds even for a guest that has found a file there before: opening the pipe would
      // wait.
      HostNode root = (HostNode) files.root().node();
      HostNode before = new HostNode(root.tree(), "fifo", FileKind.REGULAR);
      assertFails(Errno.ENOENT, () -> before.open(false));
      assertFails(Errno.ENOENT, before::status);
    }
  }

  @Test
  void deviceFilesDoNotExist() {
    assumeThat(Command.run("mknod", shared.resolve("zero").toString(), "c", "1", "5").status())
        .as("the right to make devices")
        .isZero();
    try (FileSystem files = Trees.host(shared)) {
      assertThat(names(files, "/")).containsExactly("d");
      assertFails(Errno.ENOENT, () -> node(files, "/zero"));
    }
  }

  @Test
  void whatIsMountedBelowDoesNotExist() {
    try (FileSystem files = Trees.host(Path.of("/"))) {
      assertThat(Path.of("/proc/self/status")).exists();
      assertThat(names(files, "/")).contains("etc").doesNotContain("proc");
      assertFails(Errno.ENOENT, () -> node(files, "/proc"));
      assertFails(Errno.ENOENT, () -> node(files, "/proc/self/environ"));
      assertThat(node(files, "/etc").kind()).isEqualTo(FileKind.DIRECTORY);
    }
  }

  @Test
  void aFilesOtherNamesAreTheFile() throws IOException {
    Files.createLink(shared.resolve("hard"), secret);
    try (FileSystem files = Trees.host(shared)) {
      assertThat(read(files, "/hard")).isEqualTo(SECRET);
      assertThat(node(files, "/hard").status().links()).isEqualTo(2);
    }
  }

  @Test
  void namesAreBytesWhateverIsInThem() {
    // A shell makes these, since Java cannot.
    List<String> escapes = List.of("\\377\\376", "\\303\\244", "a\\nb", "\\001 \\\\x");
    for (String name : escapes) {
      String script = "printf x > \"$1/$(printf '" + name + "')\"";
      Command.run("sh", "-c", script, "sh", shared.resolve("d").toString()).outputOfSuccess();
    }
    try (FileSystem files = Trees.host(shared)) {
      assertThat(names(files, "/d"))
          .containsExactlyInAnyOrder("f", "\u00ff\u00fe", Trees.name("ä"), "a\nb", "\001 \\x");
      for (String name : names(files, "/d")) {
        assertThat(read(files, "/d/" + name)).isEqualTo(name.equals("f") ? "inside" : "x");
      }
    }
  }

  @Test
  void longDirectoriesAreListedAsAWhole() throws IOException {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      expected.add(i + "x".repeat(200));
      Files.createFile(shared.resolve("d").resolve(expected.getLast()));
    }
    expected.add("f");
    try (FileSystem files = Trees.host(shared)) {
      assertThat(names(files, "/d")).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void pathsThatAreTooLongForTheHostAreTooLong() {
    try (FileSystem files = Trees.host(shared)) {
      HostNode root = (HostNode) files.root().node();
      HostNode far = new HostNode(root.tree(), "d/".repeat(2048) + "d", FileKind.DIRECTORY);
      assertFails(Errno.ENAMETOOLONG, far::status);
      assertFails(Errno.ENAMETOOLONG, () -> far.child("x"));
    }
  }

  @Test
  void largeFilesAreReadWhereverOneWants() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(shared.resolve("big").toFile(), "rw")) {
      file.seek(5L << 30);
      file.write("end".getBytes(UTF_8));
    }
    Files.writeString(shared.resolve("d/f"), "x".repeat(200_000) + "tail");
    try (FileSystem files = Trees.host(shared);
        FileContent big = node(files, "/big").open(false);
        FileContent small = node(files, "/d/f").open(false)) {
      byte[] bytes = new byte[300_000];
      assertThat(big.status().size()).isEqualTo((5L << 30) + 3);
      assertThat(big.read((5L << 30) + 1, bytes, 7, 100)).isEqualTo(2);
      assertThat(new String(bytes, 7, 2, UTF_8)).isEqualTo("nd");
      assertThat(big.read((5L << 30) + 3, bytes, 0, 100)).isZero();
      assertThat(big.read(Long.MAX_VALUE, bytes, 0, 100)).isZero();
      assertThat(small.read(0, bytes, 10, 290_000)).isEqualTo(200_004);
      assertThat(new String(bytes, 200_010, 4, UTF_8)).isEqualTo("tail");
    }
  }

  @Test
  void aFileThatIsCutWhileItIsOpenEndsSooner() throws IOException {
    try (FileSystem files = Trees.host(shared);
        FileContent content = node(files, "/d/f").open(false)) {
      Files.writeString(shared.resolve("d/f"), "in");
      assertThat(content.read(0, new byte[10], 0, 10)).isEqualTo(2);
      assertThat(content.status().size()).isEqualTo(2);
    }
  }

  @Test
  void anOpenFileIsClosedWithTheLastWhoHasIt() {
    FileContent second;
    FileContent third;
    try (FileSystem files = Trees.host(shared)) {
      FileContent first = node(files, "/d/f").open(false);
      second = first.kept();
      third = second.in(files.counterparts());
      first.close();
      first.close();
      assertFails(Errno.EBADF, () -> read(first));
      assertThat(read(third)).isEqualTo("inside");
    }
    // The directory is closed, but the file is still open.
    assertThat(Descriptors.of(folder.toString())).hasSize(1);
    second.close();
    assertThat(read(third)).isEqualTo("inside");
    third.close();
  }

  @Test
  void theDirectoryIsOpenWhileAnyFileSystemIs() throws Exception {
    HostSource source = new HostSource(shared);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        results.add(
            threads.submit(() -> {
              int good = 0;
              for (int n = 0; n < 500; n++) {
                try (FileSystem files = Trees.of(new Mount("/", source))) {
                  good += read(files, "/d/f").equals("inside") ? 1 : 0;
                }
              }
              return good;
            }));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get()).isEqualTo(500);
      }
    }
  }
}

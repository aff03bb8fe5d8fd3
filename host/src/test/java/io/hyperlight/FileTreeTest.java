package io.hyperlight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.hyperlight.error.InvalidFileTreeException;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathResolver;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NotInHardwareLane("No VM takes part.")
class FileTreeTest {
  private static final byte[] TEXT = "text".getBytes(UTF_8);

  @TempDir private Path folder;

  private static Node node(FileSystem files, String path) {
    return new PathResolver(files.root(), Checkpoint.NONE).resolve(files.root(), path, true).node();
  }

  private static FileSystem fileSystem(Mount... mounts) {
    return new FileSystem(List.of(mounts), Map.of(), InstantSource.system(), Checkpoint.NONE);
  }

  private static byte[] read(Mount mount, String path) {
    try (FileSystem files = fileSystem(mount);
        FileContent content = node(files, path).open(false)) {
      byte[] bytes = new byte[(int) content.status().size()];
      content.read(0, bytes, 0, bytes.length);
      return bytes;
    }
  }

  @Test
  void directoriesAndFilesOfTheHostAreMounted() throws IOException {
    Path file = Files.write(folder.resolve("f"), TEXT);
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    assertThat(read(FileTree.mount("/a", FileTree.directory(folder)), "/a/f")).isEqualTo(TEXT);
    assertThat(read(FileTree.mount("/a", FileTree.directory(link)), "/a/f")).isEqualTo(TEXT);
    assertThat(read(FileTree.mount("/a/b", FileTree.file(file)), "/a/b")).isEqualTo(TEXT);
    Files.delete(link);
  }

  @Test
  void whatIsNotThereOrOfAnotherKindIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("f"), TEXT);
    Path missing = folder.resolve("missing");
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> FileTree.directory(file))
        .withMessage(file + " is not a directory");
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> FileTree.file(folder))
        .withMessage(folder + " is not a regular file");
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> FileTree.file(Path.of("/dev/zero")))
        .withMessage("/dev/zero is not a regular file");
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> FileTree.directory(missing))
        .withMessage(missing + " does not exist, or cannot be seen");
  }

  @Test
  void anArchiveIsUnpackedOrRefused() throws IOException {
    Path archive = folder.resolve("a.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.putNextEntry(new ZipEntry("d/f"));
      zip.write(TEXT);
    }
    FileTree tree = FileTree.archive(archive);
    assertThat(read(FileTree.mount("/", tree), "/d/f")).isEqualTo(TEXT);
    assertThat(tree.readOnly()).isSameAs(tree);
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> FileTree.archive(archive, 300))
        .withMessageContaining("larger than 300 bytes");
    assertThatIllegalArgumentException().isThrownBy(() -> FileTree.archive(archive, -1));
    Files.delete(archive);
    assertThat(read(FileTree.mount("/", tree), "/d/f")).isEqualTo(TEXT);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> FileTree.archive(archive))
        .withMessageContaining(archive.toString());
  }

  @Test
  void memoryHasTheFilesItWasGiven() {
    FileTree empty = FileTree.memory(10_000);
    byte[] contents = TEXT.clone();
    FileTree one = empty.with("a/b", contents);
    contents[0] = 'T';
    FileTree two = one.with("ä", TEXT);
    assertThat(read(FileTree.mount("/m", one), "/m/a/b")).isEqualTo(TEXT);
    assertThat(paths(empty)).isEmpty();
    assertThat(paths(one)).containsExactly("/m/a/b");
    assertThat(paths(two)).containsExactly("/m/a/b", "/m/ä");
    assertThat(paths(two.readOnly())).isEmpty();
    assertThat(read(FileTree.mount("/m", two.readOnly()), "/m/a/b")).isEqualTo(TEXT);
  }

  private static List<String> paths(FileTree tree) {
    try (FileSystem files = fileSystem(FileTree.mount("/m", tree))) {
      return new GuestFiles(files.freeze()).paths().toList();
    }
  }

  @Test
  void filesThatDoNotFitAreRefused() {
    FileTree tree = FileTree.memory(1_000).with("a", TEXT);
    assertThatExceptionOfType(InvalidFileTreeException.class)
        .isThrownBy(() -> tree.with("b", new byte[900]))
        .withMessage("file \"b\" of 900 bytes is over the tree's limit");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tree.with("a", TEXT))
        .withMessage("file \"a\" cannot be added: EEXIST (File exists)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tree.with("a/b", TEXT))
        .withMessage("file \"a/b\" cannot be added: ENOTDIR (Not a directory)");
    for (String path : List.of("/a", "../a", "b/", "", "b\0")) {
      assertThatIllegalArgumentException().isThrownBy(() -> tree.with(path, TEXT));
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> FileTree.directory(folder).with("a", TEXT))
        .withMessage("directory " + folder + " is not a tree in memory");
    assertThatIllegalArgumentException().isThrownBy(() -> FileTree.memory(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> FileTree.memory((1L << 40) + 1));
  }

  @Test
  void aFileCannotBeTheRoot() throws IOException {
    FileTree file = FileTree.file(Files.write(folder.resolve("f"), TEXT));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FileTree.mount("/", file))
        .withMessageContaining("cannot be the root: it is not a directory");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FileTree.mount("relative", file))
        .withMessageContaining("not absolute");
  }

  @Test
  void whatGuestsHaveWrittenIsReadInWholeOrInPieces() throws IOException {
    byte[] large = new byte[100_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ((i * 31) >> 3);
    }
    FileSystem files =
        fileSystem(FileTree.mount("/m", FileTree.memory(1 << 20).with("large", large)));
    node(files, "/m").createFile("\u00ff", 0644);
    GuestFiles guest = new GuestFiles(files.freeze());
    files.close();
    assertThat(guest.paths()).containsExactly("/m/large", "/m/\udcff");
    assertThat(guest.contains("/m/\udcff")).isTrue();
    assertThat(guest.size("/m/\udcff")).isZero();
    assertThat(guest.size("/m/large")).isEqualTo(100_000);
    assertThat(guest.read("/m/large")).isEqualTo(large);
    try (InputStream stream = guest.newInputStream("/m/large")) {
      assertThat(stream.available()).isEqualTo(100_000);
      assertThat(stream.read()).isEqualTo(large[0] & 0xff);
      assertThat(stream.skip(40_000)).isEqualTo(40_000);
      assertThat(stream.skip(-1)).isZero();
      byte[] rest = stream.readAllBytes();
      assertThat(rest).hasSize(59_999).startsWith(large[40_001]).endsWith(large[99_999]);
      assertThat(stream.read()).isEqualTo(-1);
      assertThat(stream.skip(1)).isZero();
    }
    assertThat(guest.contains("/m")).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> guest.read("/m/missing"))
        .withMessage("no file /m/missing");
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(() -> guest.size("m/large"));
  }

  @Test
  void aFileWithMoreThanAnArrayHoldsIsReadAsAStream() throws IOException {
    FileSystem files = fileSystem(FileTree.mount("/m", FileTree.memory(4L << 30)));
    try (FileContent file = node(files, "/m").createFile("f", 0644).open(true)) {
      file.truncate(3L << 30);
    }
    GuestFiles guest = new GuestFiles(files.freeze());
    assertThat(guest.size("/m/f")).isEqualTo(3L << 30);
    assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> guest.read("/m/f"));
    try (InputStream stream = guest.newInputStream("/m/f")) {
      assertThat(stream.available()).isEqualTo(Integer.MAX_VALUE);
      assertThat(stream.skip((3L << 30) - 1)).isEqualTo((3L << 30) - 1);
      assertThat(stream.read()).isZero();
      assertThat(stream.read()).isEqualTo(-1);
    }
  }
}

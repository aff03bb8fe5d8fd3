package io.hyperlight.internal.vfs.archive;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.read;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class ArchiveTest {
  private static final long LIMIT = 1 << 20;

  @TempDir private Path folder;

  private Path zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        if (!name.endsWith("/")) {
          zip.write(("contents of " + name).getBytes(UTF_8));
        }
        zip.closeEntry();
      }
    }
    return Files.write(folder.resolve("archive.zip"), bytes.toByteArray());
  }

  private static FileSystem mounted(Path archive) throws IOException {
    return Trees.of(new Mount("/", ArchiveReader.read(archive, LIMIT)));
  }

  private void assertRefused(Path archive, long maxBytes, String... messages) {
    assertThatExceptionOfType(InvalidArchiveException.class)
        .isThrownBy(() -> ArchiveReader.read(archive, maxBytes))
        .withMessageContaining(archive.toString())
        .withMessageContainingAll(messages);
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  @Test
  void anArchiveIsATreeThatCannotBeWritten() throws IOException {
    FileSystem files = mounted(zip("a/b/c.txt", "empty/", "ä", "a/b/", "a/d"));
    assertThat(names(files, "/")).containsExactly("a", "empty", Trees.name("ä"));
    assertThat(names(files, "/a")).containsExactly("b", "d");
    assertThat(read(files, "/a/b/c.txt")).isEqualTo("contents of a/b/c.txt");
    assertThat(names(files, "/empty")).isEmpty();
    assertThat(node(files, "/a/d").status().permissions()).isEqualTo(0644);
    assertThat(node(files, "/a").status().permissions()).isEqualTo(0755);
    assertFails(Errno.EROFS, () -> Trees.write(files, "/new", ""));
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  @Test
  void filesAreAsOldAsTheArchiveSays() throws IOException {
    Instant time = Instant.parse("2011-12-13T14:15:16Z");
    Path archive = folder.resolve("dated.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (String name : new String[] {"d/", "d/f"}) {
        zip.putNextEntry(new ZipEntry(name).setLastModifiedTime(FileTime.from(time)));
        zip.closeEntry();
      }
    }
    FileSystem files = mounted(archive);
    assertThat(node(files, "/d/f").status().modified()).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../f", "a/../f", "/f", "a//f", "./f", "a/.", "a/..", "..", ".", "a/../", "/"})
  void namesThatAreNoPlainPathsAreRefused(String name) throws IOException {
    assertRefused(zip("good", name), LIMIT, "\"" + name + "\" is not a plain relative path");
  }

  @Test
  void namesThatAreNoNamesAreRefused() throws IOException {
    assertRefused(zip("a\\b"), LIMIT, "\"a\\b\" has a backslash in its name");
    assertRefused(zip("a\0b"), LIMIT, "\"a\ufffdb\" has a zero byte in its name");
    assertRefused(zip("d/" + "x".repeat(256)), LIMIT, "has too long a name");
    assertRefused(zip("d/".repeat(2100) + "f"), LIMIT, "has too long a name");
  }

  @Test
  void filesAndDirectoriesMustNotContradictEachOther() throws IOException {
    assertRefused(zip("a", "a/b"), LIMIT, "\"a/b\" is in a directory that is a file");
    assertRefused(zip("a/b", "a"), LIMIT, "\"a\" appears twice");
    assertRefused(zip("a", "a/"), LIMIT, "\"a/\"");
    // Java writes no entry twice, so the test renames the second one afterwards.
    Path twice = zip("a", "b");
    String bytes = new String(Files.readAllBytes(twice), ISO_8859_1);
    String changed = bytes.replace("\1\0\0\0b", "\1\0\0\0a").replace("\0\0\0\0b", "\0\0\0\0a");
    int directory = changed.indexOf("PK\1\2");
    changed = changed.substring(0, directory) + changed.substring(directory).replace('b', 'a');
    Files.write(twice, changed.getBytes(ISO_8859_1));
    assertRefused(twice, LIMIT, "\"a\" appears twice");
  }

  @Test
  void whatUnpacksToMoreThanItMayIsRefused() throws IOException {
    Path bomb = folder.resolve("bomb.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(bomb))) {
      zip.putNextEntry(new ZipEntry("zeros"));
      zip.write(new byte[64 << 20]);
    }
    assertThat(Files.size(bomb)).isLessThan(100_000);
    assertRefused(bomb, LIMIT, "larger than " + LIMIT + " bytes");
    // The size in the archive makes no difference.
    byte[] bytes = Files.readAllBytes(bomb);
    int directory = new String(bytes, ISO_8859_1).indexOf("PK\1\2");
    System.arraycopy(new byte[] {1, 0, 0, 0}, 0, bytes, directory + 24, 4);
    Files.write(bomb, bytes);
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> ArchiveReader.read(bomb, LIMIT));
  }

  @Test
  void manyEmptyFilesAreCountedToo() throws IOException {
    Path many = folder.resolve("many.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(many))) {
      for (int i = 0; i < 3000; i++) {
        zip.putNextEntry(new ZipEntry("f" + i));
        zip.closeEntry();
      }
    }
    assertThat(ArchiveReader.read(many, 2 * LIMIT).isWritable()).isFalse();
    assertRefused(many, LIMIT, "larger than " + LIMIT + " bytes");
    assertRefused(many, 1000, "larger than 1000 bytes");
  }

  @Test
  void whatIsDamagedOrNoArchiveIsRefused() throws IOException {
    Path archive = folder.resolve("archive.zip");
    Files.writeString(archive, "no archive");
    assertRefused(archive, LIMIT, "is not a ZIP file, or is damaged");
    Files.write(archive, new byte[0]);
    assertRefused(archive, LIMIT, "is not a ZIP file, or is damaged");
    assertRefused(folder, LIMIT, "is not a regular file");
    Path pipe = folder.resolve("pipe");
    Command.run("mkfifo", pipe.toString()).outputOfSuccess();
    assertRefused(pipe, LIMIT, "is not a regular file");
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> ArchiveReader.read(folder.resolve("missing"), LIMIT));
  }

  @Test
  void compressedContentsThatEndTooSoonAreRefused() throws IOException {
    Path archive = zip("f");
    byte[] bytes = Files.readAllBytes(archive);
    int directory = new String(bytes, ISO_8859_1).indexOf("PK\1\2");
    bytes[directory + 20] = 3; // the compressed size
    Files.write(archive, bytes);
    assertRefused(archive, LIMIT, "is not a ZIP file, or is damaged");
  }

  @Test
  void contentsThatDoNotMatchTheirChecksumAreRefused() throws IOException {
    Path archive = folder.resolve("stored.zip");
    byte[] contents = "contents".getBytes(UTF_8);
    CRC32 checksum = new CRC32();
    checksum.update(contents);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      ZipEntry entry = new ZipEntry("f");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(contents.length);
      entry.setCrc(checksum.getValue());
      zip.putNextEntry(entry);
      zip.write(contents);
    }
    assertThat(read(mounted(archive), "/f")).isEqualTo("contents");
    String bytes = new String(Files.readAllBytes(archive), ISO_8859_1);
    Files.write(archive, bytes.replace("contents", "Contents").getBytes(ISO_8859_1));
    assertRefused(archive, LIMIT, "\"f\" is damaged");
  }

  static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whateverIsInAnArchiveItIsATreeOrRefused(long seed) throws IOException {
    Random random = new Random(seed);
    byte[] good = Files.readAllBytes(zip("a/b/c", "d", "e/", "f/g/h"));
    Path archive = folder.resolve("archive.zip");
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] bytes = good.clone();
      for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(archive, bytes);
      try {
        ArchiveReader.read(archive, LIMIT);
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }
}

package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/**
 * A read-only tree is not writable as a mount, but its files keep their modes. Copies get these
 * modes.
 */
class ReadOnlyTreesTest {
  private static final String PROGRAM = SourceFile.of(ReadOnlyTreesTest.class, "read_only_trees.c");

  private static final Guest GUEST = CompiledGuest.withLibc(PROGRAM, "-w");

  private static Map<String, FileTree> trees() throws IOException {
    Path folder = TemporaryFolder.create("read-only").toRealPath();
    Path tree = folder.resolve("tree");
    Files.createDirectories(tree.resolve("folder"));
    Files.writeString(tree.resolve("folder/file"), "text");
    Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(
        tree.resolve("folder"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(
        tree.resolve("folder/file"), PosixFilePermissions.fromString("rw-r--r--"));
    Path archive = folder.resolve("archive.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.putNextEntry(new ZipEntry("folder/file"));
      zip.write("text".getBytes(UTF_8));
    }
    FileTree memory = FileTree.memory(1 << 20).with("folder/file", "text".getBytes(UTF_8));
    return Map.of(
        "directory", FileTree.directory(tree),
        "archive", FileTree.archive(archive),
        "memory", memory.readOnly());
  }

  @Test
  void filesKeepTheirModesAndCopiesCanBeWritten() throws IOException {
    for (Map.Entry<String, FileTree> tree : trees().entrySet()) {
      try (Sandbox sandbox =
          Sandbox.builder(GUEST)
              .mount("/tree", tree.getValue())
              .mount("/scratch", FileTree.memory(1 << 20))
              .build()) {
        assertThat(sandbox.call("modes", String.class))
            .as(tree.getKey())
            .isEqualTo(
                """
                40755 0 30 30 1 0
                40755 0 30 30 1 0
                100644 0 30 30 1 0
                """);
        assertThat(sandbox.call("copy", int.class)).as(tree.getKey()).isEqualTo(4);
      }
    }
  }
}

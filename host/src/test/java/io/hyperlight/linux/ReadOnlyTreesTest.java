package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** It is the mount that cannot be written, not its files: their modes are those that copies get. */
class ReadOnlyTreesTest {
  private static final String PROGRAM =
      """
      #include <errno.h>
      #include <fcntl.h>
      #include <hyperlight.h>
      #include <stdio.h>
      #include <sys/stat.h>
      #include <sys/statvfs.h>
      #include <unistd.h>

      static char text[500];
      static int end;

      static void look(const char *path)
      {
          struct stat status = {0};
          struct statvfs system;
          stat(path, &status);
          end += snprintf(text + end, sizeof text - end, "%o", status.st_mode);
          end += snprintf(text + end, sizeof text - end, " %d", access(path, R_OK) ? errno : 0);
          end += snprintf(text + end, sizeof text - end, " %d", access(path, W_OK) ? errno : 0);
          end += snprintf(text + end, sizeof text - end, " %d", chmod(path, 0600) ? errno : 0);
          statvfs(path, &system);
          end += snprintf(text + end, sizeof text - end, " %d %d\\n", (int)(system.f_flag & ST_RDONLY), system.f_bfree > 0);
      }

      HL_EXPORT(hl_string, modes)
      hl_string modes(void)
      {
          end = 0;
          look("/tree");
          look("/tree/folder");
          look("/tree/folder/file");
          return hl_from_cstring(text);
      }

      HL_EXPORT(int, copy)
      int copy(void)
      {
          struct stat status = {0};
          char bytes[10];
          int from = open("/tree/folder/file", O_RDONLY);
          int size = read(from, bytes, sizeof bytes);
          fstat(from, &status);
          int to = open("/scratch/copy", O_WRONLY | O_CREAT, 0600);
          write(to, bytes, size);
          fchmod(to, status.st_mode);
          close(to);
          close(from);
          to = open("/scratch/copy", O_WRONLY | O_APPEND);
          return to < 0 ? -errno : (int)write(to, "more", 4);
      }
      """;

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

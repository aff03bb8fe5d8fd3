package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same C code works with files in a sandbox, on a tree in memory, and outside, in a directory
 * of the host: every result and every error number has to be the same.
 */
@NotInHardwareLane("Runs the compiler.")
class FileCallsTest {
  /** What both programs have. {@code R} tells what a call returned, or its error number. */
  private static final String COMMON =
      """
      #define _GNU_SOURCE
      #include <dirent.h>
      #include <errno.h>
      #include <fcntl.h>
      #include <limits.h>
      #include <poll.h>
      #include <signal.h>
      #include <stdarg.h>
      #include <stdbool.h>
      #include <stdint.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/file.h>
      #include <sys/ioctl.h>
      #include <sys/mman.h>
      #include <sys/select.h>
      #include <sys/sendfile.h>
      #include <sys/stat.h>
      #include <sys/statfs.h>
      #include <sys/syscall.h>
      #include <sys/time.h>
      #include <sys/uio.h>
      #include <unistd.h>
      #include <utime.h>

      static char told[500000];
      static size_t end;

      static void tell(const char *format, ...)
      {
          va_list arguments;
          va_start(arguments, format);
          end += vsnprintf(told + end, sizeof told - end, format, arguments);
          va_end(arguments);
      }

      #define R(call)                                                                     \\
          do {                                                                            \\
              errno = 0;                                                                  \\
              long result_ = (long)(call);                                                \\
              tell("%d %s: %ld\\n", __LINE__, #call, result_ == -1 ? -(long)errno : result_); \\
          } while (0)

      static char text[4096];

      static void make(const char *path, const char *contents)
      {
          int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
          if (file < 0 || write(file, contents, strlen(contents)) != (ssize_t)strlen(contents)) {
              tell("cannot make %s: %d\\n", path, errno);
          }
          close(file);
      }

      static void show(const char *path)
      {
          char contents[300] = {0};
          int file = open(path, O_RDONLY);
          ssize_t size = file < 0 ? -errno : read(file, contents, sizeof contents - 1);
          tell("%s has %zd:", path, size);
          for (ssize_t i = 0; i < size; i++) {
              tell(contents[i] >= ' ' ? "%c" : "\\\\%d", contents[i]);
          }
          tell("\\n");
          close(file);
      }

      static void look(const char *path)
      {
          struct stat status;
          if (lstat(path, &status) != 0) {
              tell("%s: error %d\\n", path, errno);
          } else if (S_ISDIR(status.st_mode)) {
              tell("%s: %o directory\\n", path, status.st_mode);
          } else {
              tell("%s: %o, %ld links, %ld bytes\\n", path, status.st_mode, (long)status.st_nlink, (long)status.st_size);
          }
      }

      static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

      static void list(const char *path)
      {
          DIR *directory = opendir(path);
          if (!directory) {
              tell("%s cannot be listed: %d\\n", path, errno);
              return;
          }
          char *names[200];
          int count = 0;
          for (struct dirent *entry; count < 200 && (entry = readdir(directory)); ) {
              size_t size = strlen(entry->d_name) + 5;
              names[count] = malloc(size);
              snprintf(names[count++], size, "%s/%d", entry->d_name, entry->d_type);
          }
          closedir(directory);
          qsort(names, count, sizeof *names, compare);
          tell("%s lists", path);
          for (int i = 0; i < count; i++) {
              tell(" %s", names[i]);
              free(names[i]);
          }
          tell("\\n");
      }

      """;

  private static final String GUEST_END =
      """

      #include <hyperlight.h>
      HL_EXPORT(hl_string, files)
      hl_string files(void)
      {
          umask(022);
          if (chdir("/data") != 0) {
              tell("no directory: %d", errno);
          } else {
              run();
          }
          return hl_from_cstring(told);
      }
      """;

  private static final String NATIVE_END =
      """

      int main(int count, char **arguments)
      {
          umask(022);
          if (chdir(arguments[1]) != 0) {
              return 1;
          }
          if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
              return 2;
          }
          run();
          fputs(told, stdout);
          return 0;
      }
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "opening",
        "removed",
        "unnamed",
        "special",
        "sparse",
        "splicing",
        "room",
        "transfers",
        "seeking",
        "directories",
        "renaming",
        "links",
        "attributes",
        "descriptors",
        "pipes",
        "polling",
        "mapping",
        "permissions"
      })
  void filesAreWhatTheyAreOnLinux(String what) throws IOException {
    assertSameAsNative("files/" + what + ".c");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whateverIsDoneWithFilesHasTheResultsThatItHasOnLinux(long seed) throws IOException {
    assertSame("#define SEED " + seed + "\n" + COMMON + resource("files/random.c"));
  }

  static LongStream seeds() {
    return Seeds.all();
  }

  /** Runs the code of a resource both ways. */
  static void assertSameAsNative(String resource) throws IOException {
    assertSame(COMMON + resource(resource));
  }

  private static void assertSame(String source) throws IOException {
    List<String> expected = natively(source);
    List<String> found = inSandbox(source);
    assertThat(found).hasSizeGreaterThan(10);
    assertThat(differences(expected, found)).isEmpty();
  }

  private static List<String> differences(List<String> expected, List<String> found) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      String wanted = i < expected.size() ? expected.get(i) : "(end)";
      String is = i < found.size() ? found.get(i) : "(end)";
      if (!wanted.equals(is)) {
        differences.add(wanted + " IS NOT " + is);
      }
    }
    return differences;
  }

  /** A C file of these tests. */
  static String resource(String name) throws IOException {
    try (var in = FileCallsTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
    }
  }

  private static List<String> natively(String source) throws IOException {
    // Where holes and rooms are what they are in a tree in memory: in a tmpfs.
    Path memory = Path.of("/dev/shm");
    Path folder =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "files")
            : TemporaryFolder.create("files");
    try {
      return natively(source, folder);
    } finally {
      removeAll(folder);
    }
  }

  private static void removeAll(Path folder) throws IOException {
    Command.run("chmod", "-R", "u+rwx", folder.toString());
    Command.run("rm", "-rf", folder.toString()).outputOfSuccess();
  }

  private static List<String> natively(String source, Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    // The folders above may be their owner's only; where the program is, too.
    return lines(
        CProgram.run(
                source + NATIVE_END,
                List.of("-Wno-all", "-Wno-extra", "-O1"),
                List.of(folder.toString()))
            .outputOfSuccess());
  }

  private static List<String> inSandbox(String source) {
    Guest guest = CompiledGuest.withLibc(source + GUEST_END, "-w");
    try (Sandbox sandbox =
        Sandbox.builder(guest).mount("/data", FileTree.memory(64 << 20)).build()) {
      return lines(sandbox.call("files", String.class));
    }
  }

  private static List<String> lines(String text) {
    return Arrays.asList(text.split("\n"));
  }
}

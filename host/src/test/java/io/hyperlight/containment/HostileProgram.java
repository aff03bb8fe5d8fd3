package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A static Linux program that serves: a request is the name of an attack, the answer "ok", or what
 * went better for the attacker than it may.
 *
 * <p>It has a directory of the host at {@code /host}, with links that lead out of it, to a secret
 * beside it, and with a pipe; and two trees in memory, {@code /data} and {@code /other}.
 */
final class HostileProgram {
  static final long OUTPUT_LIMIT = 1 << 20;

  private static final String PRELUDE =
      """
      #define _GNU_SOURCE
      #include <dirent.h>
      #include <errno.h>
      #include <fcntl.h>
      #include <limits.h>
      #include <poll.h>
      #include <signal.h>
      #include <stdint.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/ioctl.h>
      #include <sys/mman.h>
      #include <sys/prctl.h>
      #include <sys/sendfile.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/uio.h>
      #include <unistd.h>

      #define PAGE 4096ul
      #define COUNT(array) (sizeof(array) / sizeof *(array))
      #define NOWHERE ((void *)0x700000000ul)
      #define SUPERVISOR ((void *)0xffff800000001000ul)

      static char told[600];

      static void tell(int line, const char *what, long result)
      {
          snprintf(told, sizeof told, "line %d: %s gave %ld, error %d (%s)", line, what, result, errno, strerror(errno));
      }

      /* This has to be so, or the attack ends here. */
      #define MUST(condition)                         \\
          do {                                        \\
              errno = 0;                              \\
              if (!(condition)) {                     \\
                  tell(__LINE__, #condition, 0);      \\
                  return;                             \\
              }                                       \\
          } while (0)

      /* This call has to fail with this error. */
      #define FAILS(error, call)                                          \\
          do {                                                            \\
              errno = 0;                                                  \\
              long result_ = (long)(call);                                \\
              if (result_ != -1 || errno != (error)) {                    \\
                  tell(__LINE__, #call " instead of " #error, result_);   \\
                  return;                                                 \\
              }                                                           \\
          } while (0)

      /* This call has to fail, with the error that suits it. */
      #define REFUSED(call)                                   \\
          do {                                                \\
              errno = 0;                                      \\
              long result_ = (long)(call);                    \\
              if (result_ != -1 || errno == 0) {              \\
                  tell(__LINE__, #call, result_);             \\
                  return;                                     \\
              }                                               \\
          } while (0)

      /* Whatever this gives is all right, if it is a result at all. */
      #define HARMLESS(call)                                              \\
          do {                                                            \\
              errno = 0;                                                  \\
              long result_ = (long)(call);                                \\
              if (result_ < -1 || (result_ == -1 && errno == 0)) {        \\
                  tell(__LINE__, #call, result_);                         \\
                  return;                                                 \\
              }                                                           \\
          } while (0)

      static char buffer[1 << 16];

      static int make(const char *path, const char *contents)
      {
          int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
          if (file >= 0 && write(file, contents, strlen(contents)) != (ssize_t)strlen(contents)) {
              close(file);
              return -1;
          }
          return file;
      }

      static int count_open(void)
      {
          int count = 0;
          for (int i = 0; i < 2000; i++) {
              count += fcntl(i, F_GETFD) >= 0;
          }
          return count;
      }

      /* One descriptor of each kind, none of which blocks; their number. */
      static int one_of_each(int *kinds)
      {
          int ends[2];
          int count = 0;
          kinds[count++] = make("/data/some", "some bytes");
          kinds[count++] = open("/data/some", O_WRONLY | O_APPEND);
          kinds[count++] = open("/host/text", O_RDONLY);
          kinds[count++] = open("/host/text", O_PATH);
          kinds[count++] = open("/data", O_RDONLY | O_DIRECTORY);
          kinds[count++] = open("/host", O_RDONLY | O_DIRECTORY);
          kinds[count++] = open("/dev/null", O_RDWR);
          kinds[count++] = open("/dev/zero", O_RDWR);
          kinds[count++] = open("/dev/full", O_RDWR);
          kinds[count++] = open("/dev/urandom", O_RDONLY);
          kinds[count++] = open("/proc/self/maps", O_RDONLY);
          kinds[count++] = open("/proc/self/exe", O_RDONLY);
          kinds[count++] = 0;
          pipe2(ends, O_NONBLOCK);
          kinds[count++] = ends[0];
          kinds[count++] = ends[1];
          return count;
      }
      enum { KINDS = 15 };

      """;

  private static final String MAIN =
      """

      int main(void)
      {
          for (;;) {
              char request[200] = {0};
              ssize_t size = 0;
              for (ssize_t part; (part = read(0, request + size, sizeof request - 1 - size)) > 0;) {
                  size += part;
              }
              if (size == 0) {
                  return 0;
              }
              strcpy(told, "there is no such attack");
              for (size_t i = 0; i < COUNT(attacks); i++) {
                  if (strcmp(attacks[i].name, request) == 0) {
                      strcpy(told, "ok");
                      attacks[i].run();
                  }
              }
              if (write(1, told, strlen(told)) < 0) {
                  return 1;
              }
          }
      }
      """;

  private final Path folder = TemporaryFolder.create("hostile-program");
  private final Path file;

  HostileProgram(List<ProgramAttack> attacks) throws IOException {
    file = CompiledGuest.program(PRELUDE + ProgramAttack.sources(attacks) + MAIN);
    Path secret = Files.createDirectory(folder.resolve("outside")).resolve("secret");
    Files.writeString(secret, "the secret");
    Path host = Files.createDirectory(tree());
    Files.writeString(host.resolve("text"), "text of the host\n");
    Files.createDirectory(host.resolve("sub"));
    Files.writeString(host.resolve("sub/inner"), "inner");
    Files.createSymbolicLink(host.resolve("up"), Path.of("../outside/secret"));
    Files.createSymbolicLink(host.resolve("absolute"), secret.toAbsolutePath());
    Files.createSymbolicLink(host.resolve("root"), Path.of("/"));
    Files.createSymbolicLink(host.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(host.resolve("process"), Path.of("/proc/self/root"));
    Command.run("mkfifo", host.resolve("pipe").toString()).outputOfSuccess();
  }

  private Path tree() {
    return folder.resolve("tree");
  }

  /** The program, with its files. */
  Program program() {
    return Program.of(file)
        .mount("/host", FileTree.directory(tree()))
        .mount("/data", FileTree.memory(16 << 20))
        .mount("/other", FileTree.memory(1 << 20))
        .memorySize(64 << 20)
        .outputLimit(OUTPUT_LIMIT);
  }

  static String serve(Sandbox sandbox, String request) {
    return new String(sandbox.serve(request.getBytes(UTF_8)), UTF_8);
  }

  /** Everything there is in the host's folder, with what can be seen of it. */
  Map<String, String> hostFiles() {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        Map<String, Object> attributes =
            Files.readAttributes(
                path, "unix:ino,mode,nlink,size,ctime,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        files.put(folder.relativize(path).toString(), new TreeMap<>(attributes).toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** What the paths of the host's files that the program sees have in common. */
  String hostFolder() {
    return folder.getFileName().toString();
  }
}

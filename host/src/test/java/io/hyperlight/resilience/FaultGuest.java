package io.hyperlight.resilience;

import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SnapshotGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Guests that make their host make every native call there is, for the injection of faults. */
final class FaultGuest {
  static final String FUNCTIONS =
      SnapshotGuest.PROGRAM
          + """

          static int64_t raw(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
          {
              register int64_t r10 __asm__("r10") = d;
              register int64_t r8 __asm__("r8") = e;
              register int64_t r9 __asm__("r9") = f;
              __asm__ volatile("syscall" : "+a"(n), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                               : : "rcx", "r11", "memory");
              return n;
          }

          static unsigned char buffer[4096];
          static volatile unsigned char own[8192] __attribute__((aligned(4096)));

          HL_EXPORT(void, spin)
          void spin(void)
          {
              for (;;) {
                  __asm__ volatile("");
              }
          }

          HL_EXPORT(int64_t, map)
          int64_t map(void)
          {
              int64_t at = raw(9, 0, 1 << 20, 3, 0x22, -1, 0);
              if (at < 0 && at > -4096) return at;
              *(volatile char *)(at + 5000) = 9;
              int64_t result = raw(10, at, 8192, 1, 0, 0, 0);
              if (result < 0) return result;
              result = *(volatile char *)(at + 5000);
              int64_t changed = raw(10, (int64_t)own, 4096, 1, 0, 0, 0);
              if (changed >= 0) changed = raw(10, (int64_t)own, 4096, 3, 0, 0, 0);
              if (changed < 0) return changed;
              own[0] = 1;
              int64_t unmapped = raw(11, at, 1 << 20, 0, 0, 0, 0);
              return unmapped < 0 ? unmapped : result;
          }

          HL_EXPORT(int64_t, fill, int64_t)
          int64_t fill(int64_t size)
          {
              for (int64_t i = 0; i < size; i += 4096) block[i]++;
              return size;
          }

          HL_EXPORT(int64_t, read_file)
          int64_t read_file(void)
          {
              int64_t fd = raw(2, (int64_t)"/data/file", 0, 0, 0, 0, 0);
              if (fd < 0) return fd;
              int64_t result = raw(5, fd, (int64_t)buffer, 0, 0, 0, 0);
              if (result >= 0) result = raw(0, fd, (int64_t)buffer, 4096, 0, 0, 0);
              int64_t closed = raw(3, fd, 0, 0, 0, 0, 0);
              return closed < 0 ? closed : result;
          }

          HL_EXPORT(int64_t, open_file)
          int64_t open_file(void) { return raw(2, (int64_t)"/data/file", 0, 0, 0, 0, 0); }

          HL_EXPORT(int64_t, list_folder)
          int64_t list_folder(void)
          {
              int64_t fd = raw(2, (int64_t)"/data", 0x10000, 0, 0, 0, 0);
              if (fd < 0) return fd;
              int64_t result = raw(217, fd, (int64_t)buffer, 4096, 0, 0, 0);
              int64_t closed = raw(3, fd, 0, 0, 0, 0, 0);
              return closed < 0 ? closed : result;
          }

          HL_EXPORT(int64_t, read_link)
          int64_t read_link(void) { return raw(89, (int64_t)"/data/link", (int64_t)buffer, 4096, 0, 0, 0); }
          """;

  /** Answers each line with itself; with an argument, prints that file or gets signals instead. */
  static final String PROGRAM =
      """
      #include <setjmp.h>
      #include <signal.h>
      #include <stdio.h>
      #include <string.h>

      static sigjmp_buf back;
      static volatile int signals;

      static void noted(int number)
      {
          signals++;
          if (number == SIGSEGV) siglongjmp(back, 1);
      }

      int main(int count, char **arguments)
      {
          char line[100];
          if (count > 1 && !strcmp(arguments[1], "signals")) {
              signal(SIGUSR1, noted);
              signal(SIGSEGV, noted);
              raise(SIGUSR1);
              if (!sigsetjmp(back, 1)) *(volatile char *)16 = 1;
              puts(signals == 2 ? "handled" : "lost");
              return fflush(stdout);
          }
          if (count > 1) {
              FILE *file = fopen(arguments[1], "r");
              if (!file) { perror("fopen"); return 1; }
              if (!fgets(line, sizeof line, file)) { perror("fgets"); return 2; }
              if (fclose(file)) { perror("fclose"); return 3; }
              return puts(line) < 0 || fflush(stdout) ? 4 : 0;
          }
          while (fgets(line, sizeof line, stdin)) {
              puts(line);
              fflush(stdout);
          }
          return 0;
      }
      """;

  private FaultGuest() {}

  /**
   * The command that runs {@link FaultScenarios} by a class, with the guests and what is mounted.
   *
   * @param folder where to put that
   * @return modifiable, for the names of scenarios
   */
  static List<String> commandLine(Class<?> main, List<String> options, Path folder)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data/sub")).resolveSibling("");
    Files.writeString(data.resolve("file"), "contents");
    Files.createSymbolicLink(data.resolve("link"), Path.of("file"));
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(options);
    List<String> command = new ArrayList<>(ChildJvm.commandLine(main, all));
    command.add(CompiledGuest.fileOf(FUNCTIONS).toString());
    command.add(CompiledGuest.program(PROGRAM).toString());
    command.add(data.toString());
    return command;
  }
}

package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories as deep as a guest can make them, on stacks of the host's that are small. */
@NotInHardwareLane("Says nothing about the processor, and runs the compiler.")
class DeepDirectoryTest {
  /** Hangs trees of 2,000 levels below each other, with a working directory and a descriptor. */
  private static final Path PROGRAM =
      CProgram.compile(
          """
          #define _GNU_SOURCE
          #include <errno.h>
          #include <fcntl.h>
          #include <stdio.h>
          #include <stdlib.h>
          #include <sys/stat.h>
          #include <sys/syscall.h>
          #include <unistd.h>
          static char buffer[1 << 20];
          static int chain(const char *top)
          {
            mkdir(top, 0755);
            int at = open(top, O_PATH);
            for (int i = 0; i < 2000; i++) {
              mkdirat(at, "a", 0755);
              int next = openat(at, "a", O_PATH);
              if (next < 0) { perror("openat"); exit(1); }
              close(at);
              at = next;
            }
            return at;
          }
          int main(int count, char **arguments)
          {
            char from[32], to[32];
            int inside = atoi(arguments[1]), refused = 0;
            int deep = chain("/t/c0");
            if (inside) fchdir(deep);
            close(deep);
            for (int k = 1; k <= 3; k++) {
              sprintf(from, "/t/c%d", k - 1);
              sprintf(to, "/t/c%d", k);
              int leaf = chain(to);
              if (renameat(AT_FDCWD, from, leaf, "m")) {
                if (errno != ENAMETOOLONG) { perror("rename"); return 1; }
                refused++;
              }
              close(leaf);
            }
            for (int i = 0; i < 50; i++) open(".", O_PATH);
            mkdir("/t/p", 0755);
            if (rename("/t/p", "/t/q")) { perror("rename of something else"); return 1; }
            if (chdir("..") || syscall(SYS_getcwd, buffer, sizeof buffer) < 0) {
              perror("getcwd");
              return 1;
            }
            printf("refused %d\\n", refused);
            return 0;
          }
          """,
          List.of("-static"));

  private static String onSmallStack(int kib, String argument) {
    CompletableFuture<String> said = new CompletableFuture<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                ProgramResult result =
                    Program.of(PROGRAM)
                        .args(argument)
                        .memorySize(32 << 20)
                        .mount("/t", FileTree.memory(32 << 20))
                        .run();
                long files = result.files().paths().count();
                said.complete(result.outputText() + result.errorText() + files + " files");
              } catch (Throwable t) {
                said.completeExceptionally(t);
              }
            },
            "small stack",
            kib * 1024L);
    thread.start();
    return said.join();
  }

  @ParameterizedTest
  @ValueSource(ints = {160, 512})
  void nobodysStackDependsOnHowDeepTheyAre(int kib) {
    // With the working directory in it, it stays where it was.
    assertThat(onSmallStack(kib, "1")).isEqualTo("refused 1\n0 files");
    assertThat(onSmallStack(kib, "0")).isEqualTo("refused 0\n0 files");
  }
}

package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Files accept the same offsets as on Linux, and transfers respect the largest one. */
class OffsetsTest {
  private static final String START =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <limits.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/uio.h>
      #include <unistd.h>
      #define SAY(call) do { \\
          errno = 0; \\
          long result = (call); \\
          printf("%s %ld %s\\n", #call, result, errno ? strerrorname_np(errno) : "0"); \\
      } while (0)
      """;

  /** Native file systems differ in the largest offset, so this compares with tmpfs. */
  @Test
  void nothingIsMovedBehindTheLastOffsetThereIs() {
    String program =
        START
            + """
            int main(void)
            {
                char bytes[2];
                struct iovec two = {bytes, 2};
                int file = open("/tree/file", O_CREAT | O_RDWR, 0600);
                SAY(lseek(file, LONG_MAX, SEEK_SET) == LONG_MAX);
                SAY(read(file, bytes, 0));
                SAY(read(file, bytes, 1));
                SAY(read(file, NULL, 1));
                SAY(readv(file, &two, 1));
                SAY(write(file, bytes, 0));
                SAY(write(file, bytes, 1));
                SAY(write(file, (void *)8, 1));
                SAY(writev(file, &two, 1));
                SAY(lseek(file, 0, SEEK_CUR) == LONG_MAX);
                SAY(lseek(file, LONG_MAX - 1, SEEK_SET) == LONG_MAX - 1);
                SAY(read(file, bytes, 1));
                SAY(read(file, bytes, 2));
                SAY(lseek(file, 0, SEEK_END));
                return 0;
            }
            """;
    ProgramResult result =
        Program.of(CompiledGuest.program(program)).mount("/tree", FileTree.memory(1 << 20)).run();
    assertThat(result.outputText())
        .isEqualTo(
            """
            lseek(file, LONG_MAX, SEEK_SET) == LONG_MAX 1 0
            read(file, bytes, 0) 0 0
            read(file, bytes, 1) -1 EINVAL
            read(file, NULL, 1) -1 EINVAL
            readv(file, &two, 1) -1 EINVAL
            write(file, bytes, 0) 0 0
            write(file, bytes, 1) -1 EINVAL
            write(file, (void *)8, 1) -1 EINVAL
            writev(file, &two, 1) -1 EINVAL
            lseek(file, 0, SEEK_CUR) == LONG_MAX 1 0
            lseek(file, LONG_MAX - 1, SEEK_SET) == LONG_MAX - 1 1 0
            read(file, bytes, 1) 0 0
            read(file, bytes, 2) -1 EINVAL
            lseek(file, 0, SEEK_END) 0 0
            """);
  }

  @Test
  @NotInHardwareLane("Runs programs natively.")
  void filesOfProcHaveNoEndToSeekTo() throws IOException {
    String program =
        START
            + """
            int main(void)
            {
                const char *paths[] = {
                    "/proc/self/status", "/proc/self/maps", "/proc/self/smaps", "/proc/self/stat",
                    "/proc/self/statm", "/proc/self/limits", "/proc/self/mountinfo",
                    "/proc/self/comm", "/proc/meminfo", "/proc/stat", "/proc/loadavg"};
                for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
                    int file = open(paths[i], O_RDONLY);
                    printf("%s %d\\n", paths[i], file >= 0);
                    for (int whence = SEEK_END; whence <= SEEK_HOLE; whence++)
                        SAY(lseek(file, 0, whence));
                    SAY(lseek(file, 3, SEEK_SET));
                    SAY(lseek(file, 0, SEEK_CUR));
                    close(file);
                }
                return 0;
            }
            """;
    new Differential(CompiledGuest.program(program).toAbsolutePath().toString(), "gcc")
        .assertSame(new byte[0]);
  }
}

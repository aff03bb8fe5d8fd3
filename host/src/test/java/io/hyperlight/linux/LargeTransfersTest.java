package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** One call moves all bytes that it is asked to. Bytes moved before an error count. */
@NotInHardwareLane("Runs programs natively.")
class LargeTransfersTest {
  private static final String START =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <sys/uio.h>
      #include <unistd.h>
      """;

  @Test
  void oneWriteToStandardOutputIsWrittenAsAWhole() throws IOException {
    String program =
        START
            + """
            enum { SIZE = 5000000 };
            static char bytes[SIZE];
            int main(void)
            {
                for (int i = 0; i < SIZE; i++) {
                    bytes[i] = 'a' + i % 23;
                }
                long written = write(1, bytes, SIZE);
                struct iovec parts[2] = {{bytes, SIZE / 2}, {bytes, SIZE / 2 + 1}};
                fprintf(stderr, "%ld %ld\\n", written, (long)writev(1, parts, 2));
                return 0;
            }
            """;
    new Differential(CompiledGuest.program(program).toAbsolutePath().toString(), "gcc")
        .assertSame(new byte[0]);
  }

  @Test
  void whatWasWrittenBeforeATreeIsFullCounts() {
    String program =
        START
            + """
            int main(void)
            {
                size_t size = 3000000;
                char *bytes = calloc(1, size);
                int file = open("/data/f", O_RDWR | O_CREAT, 0644);
                long first = write(file, bytes, size);
                long second = write(file, bytes, size);
                printf("%d %s %ld\\n", first > 1000000 && first < 2097152, strerrorname_np(second < 0 ? errno : 0), (long)lseek(file, 0, SEEK_END) - first);
                return 0;
            }
            """;
    ProgramResult result =
        Program.of(CompiledGuest.program(program)).mount("/data", FileTree.memory(2 << 20)).run();
    assertThat(result.outputText()).isEqualTo("1 ENOSPC 0\n");
  }

  @Test
  void outputThatIsMoreThanTheLimitEndsTheCall() {
    String program =
        START + "static char b[8 << 20]; int main(void) { return write(1, b, 8 << 20) > 0; }";
    Program limited =
        Program.of(CompiledGuest.program(program)).limits(Limits.DEFAULT.withOutputBytes(3 << 20));
    assertThatExceptionOfType(GuestLimitException.class).isThrownBy(limited::run);
  }

  @Test
  void aTouchBehindTheEndOfAMappedFileEndsAsItDoesNatively() throws IOException {
    String program =
        START
            + """
            int main(int count, char **arguments)
            {
                int file = open(arguments[1], O_RDONLY);
                long size = lseek(file, 0, SEEK_END);
                volatile char *p = mmap(NULL, size + 40960, PROT_READ, MAP_PRIVATE, file, 0);
                return p[size + 8192];
            }
            """;
    Path path = CompiledGuest.program(program).toAbsolutePath();
    FileTree folder = FileTree.directory(Objects.requireNonNull(path.getParent()));
    ProgramResult result =
        Program.of(path).args("/data/" + path.getFileName()).mount("/data", folder).run();
    assertThat(result.failure().orElseThrow()).hasMessageContaining("after the end of the file");
    assertThat(result.status()).isEqualTo(128 + 7);
  }

  @Test
  void oneReadOfStandardInputGivesWhatThereIs() throws IOException {
    String program =
        START
            + """
            int main(void)
            {
                size_t size = 3000000, done = 0;
                char *bytes = malloc(size);
                for (long n; (n = read(0, bytes + done, size - done)) > 0; done += n) {
                }
                return write(1, bytes, done) != (long)done;
            }
            """;
    byte[] input = new byte[3_000_000];
    Arrays.fill(input, "x".getBytes(ISO_8859_1)[0]);
    new Differential(CompiledGuest.program(program).toAbsolutePath().toString(), "gcc")
        .assertSame(input);
  }
}

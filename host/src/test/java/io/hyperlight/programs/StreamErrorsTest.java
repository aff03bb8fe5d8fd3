package io.hyperlight.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which errors a program gets when a stream that it writes to or reads from fails. */
@NotInHardwareLane("Runs the compiler.")
class StreamErrorsTest {
  /** Writes one byte at a time until a write fails. Prints the error number to the other stream. */
  private static final Path WRITER =
      CProgram.compile(
          """
          #include <errno.h>
          #include <signal.h>
          #include <stdio.h>
          #include <stdlib.h>
          #include <string.h>
          #include <unistd.h>
          static int handled;
          static void handle(int signal) { handled = signal; }
          int main(int count, char **arguments)
          {
            int from = atoi(arguments[1]), to = 3 - from;
            if (!strcmp(arguments[2], "ignore")) signal(SIGPIPE, SIG_IGN);
            if (!strcmp(arguments[2], "handle")) signal(SIGPIPE, handle);
            for (int i = 0; i < 100; i++) {
              char text[100], byte = 'x';
              long result = from ? write(from, &byte, 1) : read(0, &byte, 1);
              if (result == 1) continue;
              int error = result < 0 ? errno : 0;
              sprintf(text, "%d %d %d", i, error, handled);
              write(from ? to : 1, text, strlen(text));
              return 3;
            }
            return 4;
          }
          """,
          List.of("-static"));

  private static final class Failing extends OutputStream {
    private final IOException failure;
    private int left;

    Failing(int left, IOException failure) {
      this.left = left;
      this.failure = failure;
    }

    @Override
    public void write(int b) throws IOException {
      if (left-- == 0) {
        left = 0;
        throw failure;
      }
    }
  }

  private static Told run(OutputStream output, String... arguments) {
    Program program = Program.of(WRITER).args(arguments);
    ByteArrayOutputStream other = new ByteArrayOutputStream();
    boolean failsOutput = arguments[0].equals("1");
    ProgramResult result =
        program
            .hostPrint(failsOutput ? output : other)
            .hostError(failsOutput ? other : output)
            .run();
    return new Told(result, other.toString(StandardCharsets.UTF_8));
  }

  /** How the program ended, and what it printed if it could. */
  private record Told(ProgramResult result, String text) {
    int status() {
      return result.status();
    }
  }

  private static Told run(IOException failure, String behaviour) {
    return run(new Failing(2, failure), "1", behaviour);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 9, 11, 27, 28, 104, 122, 4095})
  void aProgramHearsTheErrorNumberOfAStreamThatSaysOne(int errno) {
    Told result = run(new GuestStreamException(errno), "default");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.text()).isEqualTo("2 " + errno + " 0");
  }

  @Test
  void anyOtherExceptionOfAStreamIsAnInputOutputError() {
    for (IOException failure :
        List.of(new IOException("x"), new ClosedChannelException(), new SocketException("reset"))) {
      Told result = run(failure, "default");
      assertThat(result.status()).isEqualTo(3);
      assertThat(result.text()).isEqualTo("2 5 0");
    }
  }

  @Test
  void aPrintStreamThatHadAnErrorIsAnInputOutputError() {
    PrintStream stream = new PrintStream(new Failing(2, new IOException("x")));
    assertThat(run(stream, "1", "default").text()).isEqualTo("2 5 0");
  }

  @Test
  void aProgramWhoseReaderIsGoneEndsByTheSignalAsItDoesNatively() {
    Told result = run(new GuestStreamException(GuestStreamException.EPIPE), "default");
    assertThat(result.status()).isEqualTo(natively("1", "default").status()).isEqualTo(141);
    assertThat(result.text()).isEmpty();
    assertThatThrownBy(result.result()::orThrow).isInstanceOf(GuestAbortException.class);
  }

  @Test
  void aProgramCanIgnoreTheSignalOrHandleItAsNatively() {
    for (String behaviour : List.of("ignore", "handle")) {
      Told result =
          run(new Failing(0, new GuestStreamException(GuestStreamException.EPIPE)), "1", behaviour);
      Command.Result expected = natively("1", behaviour);
      assertThat(result.status()).isEqualTo(expected.status());
      assertThat(result.text()).isEqualTo(expected.errors());
    }
  }

  @Test
  void errorsOfStandardErrorAreToldLikewise() {
    IOException full = new GuestStreamException(GuestStreamException.ENOSPC);
    assertThat(run(new Failing(1, full), "2", "default").text()).isEqualTo("1 28 0");
    IOException gone = new GuestStreamException(GuestStreamException.EPIPE);
    assertThat(run(new Failing(1, gone), "2", "default").status()).isEqualTo(141);
  }

  @Test
  void errorsOfStandardInputAreToldLikewise() {
    InputStream input =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new GuestStreamException(21);
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
          }
        };
    ProgramResult result = Program.of(WRITER).args("0", "default").stdin(input).run();
    assertThat(result.outputText()).isEqualTo("0 21 0");
  }

  /** Takes so many bytes and then fails, and says how many of a write it took. */
  private static final class Partial extends OutputStream {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final int most;
    private final IntFunction<IOException> failure;

    Partial(int most, IntFunction<IOException> failure) {
      this.most = most;
      this.failure = failure;
    }

    @Override
    public void write(int b) {
      throw new AssertionError("a byte alone");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int room = Math.min(length, most - taken.size());
      taken.write(bytes, offset, room);
      if (room < length) {
        throw failure.apply(room);
      }
    }
  }

  private static final Path TWICE =
      CProgram.compile(
          """
          #include <errno.h>
          #include <signal.h>
          #include <stdio.h>
          #include <string.h>
          #include <unistd.h>
          static int handled;
          static void handle(int signal) { handled += signal; }
          int main(void)
          {
            char text[100];
            signal(SIGPIPE, handle);
            long first = write(1, "0123456789", 10);
            int early = handled;
            errno = 0;
            long second = write(1, "abc", 3);
            sprintf(text, "%ld %d, %ld %d %d", first, early, second, errno, handled);
            write(2, text, strlen(text));
            return 0;
          }
          """,
          List.of("-static"));

  private static String twice(int most, IntFunction<IOException> failure) {
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    Partial stream = new Partial(most, failure);
    Program.of(TWICE).hostPrint(stream).hostError(errors).run();
    assertThat(stream.taken.toString(StandardCharsets.UTF_8))
        .isEqualTo("0123456789abc".substring(0, most));
    return errors.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aWriteThatFailsBehindSomeBytesTellsTheirNumberAndTheNextOneTheError() {
    assertThat(twice(4, room -> new GuestStreamException(GuestStreamException.ENOSPC, room)))
        .isEqualTo("4 0, -1 28 0");
    // Linux sends the signal at the first write, and again at the next.
    assertThat(twice(4, room -> new GuestStreamException(GuestStreamException.EPIPE, room)))
        .isEqualTo("4 13, -1 32 26");
    assertThat(
            twice(
                9,
                room -> {
                  InterruptedIOException e = new InterruptedIOException();
                  e.bytesTransferred = room;
                  return e;
                }))
        .isEqualTo("9 0, -1 4 0");
  }

  @Test
  void aNumberOfBytesThatCannotBeIsNotTold() {
    for (int number : List.of(0, 10, 11, Integer.MAX_VALUE)) {
      assertThat(twice(0, _ -> new GuestStreamException(GuestStreamException.ENOSPC, number)))
          .as("%d", number)
          .startsWith("-1 0, -1 28");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> new GuestStreamException(5, -1));
  }

  @Test
  void errorNumbersAreThoseOfLinux() {
    for (int errno : List.of(0, -1, 4096, Integer.MIN_VALUE)) {
      assertThatIllegalArgumentException().isThrownBy(() -> new GuestStreamException(errno));
    }
    assertThat(
            Map.of(
                "ENOSPC", GuestStreamException.ENOSPC,
                "EPIPE", GuestStreamException.EPIPE,
                "EIO", GuestStreamException.EIO))
        .isEqualTo(Map.of("ENOSPC", 28, "EPIPE", 32, "EIO", 5));
  }

  /** Runs the program on this machine, with a standard output that has no reader. */
  private static Command.Result natively(String... arguments) {
    return Command.run(
        List.of(
            "bash",
            "-c",
            // The reader is gone before the writer starts.
            "exec 3> >(:); wait $!; \"$@\" >&3",
            "bash",
            WRITER.toString(),
            arguments[0],
            arguments[1]));
  }
}

package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a task that waits for standard input holds up no other. */
class InputWithThreadsTest {
  private static final String SOURCE = SourceFile.of(InputWithThreadsTest.class, "input_threads.c");

  private static Program program(String way, InputStream input) {
    return Program.of(CompiledGuest.program(SOURCE)).args(way).stdin(input);
  }

  /** Gives the program its input only after another thread of it has written something. */
  @SuppressWarnings("try") // closes the pipe, which is the end of the input
  @ParameterizedTest
  @ValueSource(strings = {"read", "poll", "epoll", "select"})
  void othersRunWhileATaskWaitsForInput(String way) throws IOException {
    try (PipedInputStream input = new PipedInputStream();
        PipedOutputStream writer = new PipedOutputStream(input)) {
      OutputStream answering =
          new OutputStream() {
            private final StringBuilder seen = new StringBuilder();

            @Override
            public void write(int letter) throws IOException {
              seen.append((char) letter);
              if (seen.toString().endsWith("other\n")) {
                writer.write("first second".getBytes(UTF_8));
                writer.close();
              }
            }
          };
      var result = program(way, input).hostPrint(answering).run();
      assertThat(result.status()).as(result.failure().toString()).isZero();
    }
  }

  @Test
  void aTimeLimitEndsAProgramThatWaitsForInput() throws IOException {
    try (PipedInputStream input = new PipedInputStream();
        PipedOutputStream _ = new PipedOutputStream(input)) {
      assertThatThrownBy(() ->
              program("read", input)
                  .limits(Limits.NONE.withCallTimeout(Duration.ofMillis(300)))
                  .run())
          .isInstanceOf(GuestTimeoutException.class);
    }
  }
}

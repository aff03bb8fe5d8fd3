package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the ways in which a served program can wait for its next request. */
class ServedWaitsTest {
  private static final String SOURCE = SourceFile.of(ServedWaitsTest.class, "served_waits.c");

  private static Program program(String way) {
    return Program.of(CompiledGuest.program(SOURCE))
        .args(way)
        .limits(Limits.NONE.withCallTimeout(Duration.ofSeconds(60)));
  }

  private static String serve(ProgramServer server, String request) {
    return new String(server.serve(request.getBytes(UTF_8)), UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "read",
        "poll",
        "ppoll",
        "select",
        "epoll",
        "epoll edges",
        "epoll once",
        "epoll nested"
      })
  void everyWayToWaitForARequestFindsTheNextOne(String way) {
    try (ProgramServer server = program(way).startServing();
        ProgramSnapshot snapshot = server.snapshot();
        ProgramServer other = snapshot.spawn()) {
      assertThat(serve(server, "a")).isEqualTo("1: got a");
      assertThat(serve(server, "b")).isEqualTo("2: got b");
      assertThat(serve(other, "c")).isEqualTo("1: got c");
      server.restore(snapshot);
      assertThat(serve(server, "d")).isEqualTo("1: got d");
      assertThat(serve(server, "e")).isEqualTo("2: got e");
    }
  }
}

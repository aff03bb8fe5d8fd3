package io.hyperlight.pools;

import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.Lease;
import io.hyperlight.Program;
import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.PoolException;
import io.hyperlight.testing.CompiledGuest;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Programs that serve, from a pool. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProgramPoolTest {
  /** Numbers its requests, and spins or exits when it is told to. */
  private static final Path PROGRAM =
      CompiledGuest.program(
          """
          #include <stdio.h>
          #include <string.h>
          #include <unistd.h>

          int main(void)
          {
              char line[16];
              for (int requests = 0;;) {
                  ssize_t size = read(0, line, sizeof line);
                  if (size <= 0) continue;
                  if (!memcmp(line, "spin", 4)) for (;;) __asm__ volatile("");
                  if (!memcmp(line, "exit", 4)) return 3;
                  printf("%d", ++requests);
                  fflush(stdout);
              }
          }
          """);

  private final ProgramServer start =
      Program.of(PROGRAM).memorySize(8 << 20).stackSize(1 << 20).startServing();
  private final ProgramSnapshot snapshot = start.snapshot();

  @AfterAll
  void close() {
    snapshot.close();
    start.close();
  }

  private static String ask(ProgramServer server) {
    return new String(server.serve(bytes("count\n")), US_ASCII);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  @Test
  void everyRequestFindsACleanProgramWhateverTheOneBeforeDid() {
    try (ProgramPool pool = ProgramPool.builder(snapshot).size(1).build()) {
      for (int i = 0; i < 5; i++) {
        assertThat(new String(pool.serve(bytes("count\n")), US_ASCII)).isEqualTo("1");
        assertThatExceptionOfType(GuestExitException.class)
            .isThrownBy(() -> pool.serve(bytes("exit\n")))
            .satisfies(e -> assertThat(e.status()).isEqualTo(3));
      }
      assertThat(pool.statistics().acquired()).isEqualTo(10);
    }
  }

  @Test
  void aLeaseIsForRequestsThatRememberEachOther() {
    try (ProgramPool pool = ProgramPool.builder(snapshot).size(1).build()) {
      ProgramServer kept;
      try (Lease<ProgramServer> lease = pool.acquire()) {
        kept = lease.get();
        assertThat(ask(kept)).isEqualTo("1");
        assertThat(ask(kept)).isEqualTo("2");
        assertThatExceptionOfKind(PoolException.Kind.TIMED_OUT)
            .isThrownBy(() -> pool.acquire(Duration.ZERO));
      }
      assertThatExceptionOfKind(ClosedException.Kind.SANDBOX).isThrownBy(() -> ask(kept));
      try (Lease<ProgramServer> lease = pool.acquire()) {
        assertThat(ask(lease.get())).isEqualTo("1");
      }
    }
  }

  @Test
  void aDeadlineIsForTheWaitingAndTheRequest() {
    try (ProgramPool pool = ProgramPool.builder(snapshot).size(1).build()) {
      Lease<ProgramServer> lease = pool.acquire();
      assertThatExceptionOfKind(PoolException.Kind.TIMED_OUT)
          .isThrownBy(() -> pool.within(Duration.ofMillis(20)).serve(bytes("count\n")));
      lease.close();
      assertThatExceptionOfType(GuestTimeoutException.class)
          .isThrownBy(() -> pool.within(Duration.ofSeconds(2)).serve(bytes("spin\n")));
      assertThat(pool.within(Duration.ofMinutes(1)).serve(bytes("count\n")))
          .asString()
          .isEqualTo("1");
    }
  }

  @Test
  void aClosedPoolHasNoPrograms() {
    ProgramPool pool = ProgramPool.builder(snapshot).build();
    pool.close();
    assertThatExceptionOfKind(PoolException.Kind.CLOSED)
        .isThrownBy(() -> pool.serve(bytes("count\n")));
    assertThat(pool)
        .hasToString(
            "ProgramPool[0 of %d sandboxes, 0 lent]"
                .formatted(Runtime.getRuntime().availableProcessors()));
  }
}

package io.hyperlight.programs;

import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests static whole programs: how they start, what they receive, and how they end. */
@NotInHardwareLane("Runs the compiler.")
class ProgramTest {
  private static final Path ECHO =
      CProgram.compile(
          """
          #include <stdio.h>
          #include <stdlib.h>
          #include <string.h>
          #include <signal.h>
          extern char **environ;
          int main(int count, char **arguments)
          {
            if (count > 2 && !strcmp(arguments[1], "exit"))
              return atoi(arguments[2]);
            if (count > 2 && !strcmp(arguments[1], "raise"))
              return raise(atoi(arguments[2]));
            if (count > 1 && !strcmp(arguments[1], "crash"))
              return *(volatile int *)8;
            if (count > 1 && !strcmp(arguments[1], "flood"))
              for (;;) puts("flood");
            for (int i = 1; i < count; i++) printf("argument %s\\n", arguments[i]);
            for (char **e = environ; *e; e++) printf("environment %s\\n", *e);
            char line[100];
            while (fgets(line, sizeof line, stdin)) printf("input %s", line);
            fputs("done\\n", stderr);
            return 0;
          }
          """,
          List.of("-static"));

  private static Program echo(String... arguments) {
    return Program.of(ECHO).args(arguments);
  }

  @Test
  void getsArgumentsEnvironmentAndInputAndGivesOutput() {
    ProgramResult result =
        echo("one", "", "zwei ä")
            .environment("A", "1")
            .environment("B", "2")
            .environment("A", "3")
            .stdin("x\ny".getBytes(UTF_8))
            .run();

    assertThat(result.status()).isZero();
    assertThat(result.outputText())
        .isEqualTo(
            """
            argument one
            argument\s
            argument zwei ä
            environment B=2
            environment A=3
            input x
            input y\
            """);
    assertThat(result.errorText()).isEqualTo("done\n");
    assertThat(result.failure()).isEmpty();
    assertThat(result.orThrow()).isSameAs(result);
    assertThat(result.usage().systemCalls()).isPositive();
    assertThat(result.usage().memoryBytes()).isBetween(8L << 20, 10L << 20);
  }

  @Test
  void aStatusIsAResult() {
    ProgramResult result = echo("exit", "42").run();

    assertThat(result.status()).isEqualTo(42);
    assertThat(result.failure()).containsInstanceOf(GuestExitException.class);
    assertThatExceptionOfType(GuestExitException.class).isThrownBy(result::orThrow);
  }

  @Test
  void aSignalIsAStatusAsInAShell() {
    for (int signal : new int[] {6, 9, 15, 11}) {
      ProgramResult result = echo("raise", Integer.toString(signal)).run();
      assertThat(result.status()).isEqualTo(128 + signal);
      assertThat(result.failure()).containsInstanceOf(GuestAbortException.class);
    }
  }

  @Test
  void aFaultIsAStatusWithItsRegisters() {
    ProgramResult result = echo("crash").run();

    assertThat(result.status()).isEqualTo(139);
    assertThat(result.failure())
        .get()
        .isInstanceOfSatisfying(
            GuestFaultException.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(GuestFaultException.Kind.MEMORY_ACCESS);
              assertThat(fault.location().registers()).containsKey("RIP");
            });
  }

  @Test
  void outputHasALimit() {
    assertThatExceptionOfType(GuestLimitException.class)
        .isThrownBy(() -> echo("flood").outputLimit(100_000).run())
        .withMessageContaining("100000 bytes");
  }

  @Test
  @Needs(Tool.BUSYBOX)
  void aProgramsOwnFileIsThere() {
    Path busybox = Path.of("/bin/busybox");
    String digest = Command.run("/bin/busybox", "sha256sum", "/bin/busybox").output();
    assertThat(Program.of(busybox).args("sha256sum", "/bin/busybox").run().outputText())
        .isEqualTo(digest);
    assertThat(Program.of(busybox).args("sha256sum", "/proc/self/exe").run().outputText())
        .isEqualTo(digest.replace("/bin/busybox", "/proc/self/exe"));
    assertThat(Program.of(busybox).args("readlink", "/proc/self/exe").run().outputText())
        .isEqualTo("/bin/busybox\n");
    assertThat(
            Program.of(busybox)
                .args(
                    "find", "/", "-path", "/proc", "-prune", "-o", "-path", "/dev", "-prune", "-o",
                    "-path", "/sys", "-prune", "-o", "-type", "f", "-print")
                .run()
                .outputText())
        .isEqualTo("/bin/busybox\n");
  }

  @Test
  void wrongArgumentsAreRefused() {
    Program program = echo();
    assertThatIllegalArgumentException().isThrownBy(() -> program.args("a\0b"));
    assertThatIllegalArgumentException().isThrownBy(() -> program.environment("", "x"));
    assertThatIllegalArgumentException().isThrownBy(() -> program.environment("A=B", "x"));
    assertThatIllegalArgumentException().isThrownBy(() -> program.outputLimit(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> program.memorySize(4097));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> program.mount("relative", FileTree.memory(1 << 20)));
    assertThatExceptionOfKind(InvalidGuestException.Kind.MEMORY)
        .isThrownBy(() -> echo().memorySize(1 << 20).run());
    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(() -> echo("x".repeat(3 << 20)).run())
        .withMessageContaining("quarter of its stack");
    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(() -> Program.of(Path.of("/etc/passwd")));
  }

  @Test
  void aFailingInputOfTheEmbeddersIsToldOf() throws IOException {
    InputStream closed = InputStream.nullInputStream();
    closed.close();
    assertThatExceptionOfType(HostFunctionException.class)
        .isThrownBy(() -> echo().stdin(closed).run())
        .withStackTraceContaining("Stream closed");
  }

  private static final Path SERVER =
      CProgram.compile(
          """
          #include <stdio.h>
          #include <stdlib.h>
          #include <string.h>
          #include <unistd.h>
          int main(int count, char **arguments)
          {
            static char request[4096];
            static int served;
            double third = 1.0 / 3;
            puts("starting");
            fflush(stdout);
            for (;;) {
              size_t size = 0;
              ssize_t part;
              while ((part = read(0, request + size, sizeof request - size)) > 0) size += part;
              if (size == 0) return 0;
              if (size == 4 && !memcmp(request, "fail", 4)) return 3;
              if (size == 4 && !memcmp(request, "dies", 4)) abort();
              printf("%d %.17g %.*s", ++served, third, (int)size, request);
              fflush(stdout);
            }
          }
          """,
          List.of("-static", "-O2"));

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Test
  void aServingProgramAnswersRequestAfterRequest() {
    try (ProgramServer server = Program.of(SERVER).startServing()) {
      assertThat(text(server.serve(bytes("a")))).isEqualTo("1 0.33333333333333331 a");
      assertThat(text(server.serve(bytes("bc")))).isEqualTo("2 0.33333333333333331 bc");
      assertThat(server.serve(new byte[0])).isEmpty();
      assertThatExceptionOfType(SandboxUnusableException.class)
          .isThrownBy(() -> server.serve(bytes("d")));
    }
  }

  @Test
  void eachRequestToASnapshotFindsTheProgramAsItWasThen() {
    try (ProgramServer server = Program.of(SERVER).startServing();
        ProgramSnapshot warm = server.snapshot();
        ProgramPool pool = ProgramPool.builder(warm).size(2).build()) {
      server.serve(bytes("later"));
      for (int i = 0; i < 20; i++) {
        assertThat(text(warm.serve(bytes("x" + i)))).isEqualTo("1 0.33333333333333331 x" + i);
        assertThat(text(pool.serve(bytes("y" + i)))).isEqualTo("1 0.33333333333333331 y" + i);
      }
      assertThatExceptionOfType(GuestExitException.class)
          .isThrownBy(() -> pool.serve(bytes("fail")))
          .satisfies(e -> assertThat(e.status()).isEqualTo(3));
      assertThatExceptionOfType(GuestAbortException.class)
          .isThrownBy(() -> pool.serve(bytes("dies")));
      assertThat(text(pool.serve(bytes("z")))).isEqualTo("1 0.33333333333333331 z");
      server.restore(warm);
      assertThat(text(server.serve(bytes("q")))).isEqualTo("1 0.33333333333333331 q");
      server.restore(warm);
      assertThat(text(server.serve(bytes("q")))).isEqualTo("1 0.33333333333333331 q");
    }
  }

  @Test
  void nobodyServesWhoWasNotStartedForIt() {
    assertThatExceptionOfType(GuestExitException.class)
        .isThrownBy(() -> Program.of(ECHO).args("exit", "0").startServing())
        .satisfies(e -> assertThat(e.status()).isZero());
  }
}

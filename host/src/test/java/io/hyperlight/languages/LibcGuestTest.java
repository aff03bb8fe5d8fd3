package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.kind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How guests with a libc start, print, fail and end. */
@HardwareLaneQuick
class LibcGuestTest {
  private static final String PROGRAM = SourceFile.of(LibcGuestTest.class, "libc.c");

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private Sandbox.Builder builder(Guest guest) {
    return Sandbox.builder(guest).hostPrint(new PrintStream(printed, true, UTF_8));
  }

  private Sandbox.Builder builder() {
    return builder(CompiledGuest.withLibc(PROGRAM)).hostFunction("ask", (Integer a) -> 2 * a);
  }

  private Sandbox sandbox() {
    return builder().build();
  }

  /** Returns what was printed since the last call of this method. */
  private String printed() {
    String text = printed.toString(UTF_8);
    printed.reset();
    return text;
  }

  private static void assertUnusable(Sandbox sandbox) {
    assertThatThrownBy(() -> sandbox.call("arguments", int.class))
        .isInstanceOf(SandboxUnusableException.class);
  }

  @Test
  void constructorsRunInTheirOrderAndThenMain() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("start_order", String.class)).isEqualTo("234m");
      assertThat(sandbox.call("start_order", String.class)).isEqualTo("234m");
    }
  }

  @Test
  void mainHasArgumentsAndNoEnvironment() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("arguments", int.class)).isEqualTo(1);
      assertThat(sandbox.call("program_name", String.class)).isNotEmpty();
    }
  }

  @Test
  void whatMainPrintedIsOutWhenTheSandboxIsThere() {
    try (Sandbox _ = sandbox()) {
      assertThat(printed()).isEqualTo("from main");
    }
  }

  @Test
  void halfALineIsOutWhenTheCallReturns() {
    try (Sandbox sandbox = sandbox()) {
      printed();
      sandbox.call("print_half", void.class, "half");
      assertThat(printed()).isEqualTo("half");
      sandbox.call("print_half", void.class, "x".repeat(100_000));
      assertThat(printed()).isEqualTo("x".repeat(100_000));
      sandbox.call("print_half", void.class, "");
      assertThat(printed()).isEmpty();
      sandbox.call("print_lines", void.class, 3);
      assertThat(printed()).isEqualTo("line 0\nline 1\nline 2\n");
    }
  }

  @Test
  void whatIsPrintedInSeveralWaysKeepsItsOrder() {
    try (Sandbox sandbox = sandbox()) {
      printed();
      assertThat(sandbox.call("print_in_turn", int.class)).isEqualTo(5);
      assertThat(printed()).isEqualTo("one two three four five");
    }
  }

  @Test
  void javaFunctionsCanBeCalled() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("ask_twice", int.class, 10)).isEqualTo(40);
    }
  }

  @Test
  void anErrorLeavesTheSandboxUsableAndItsOutputOut() {
    try (Sandbox sandbox = sandbox()) {
      printed();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> sandbox.call("fail", int.class, "out of luck"))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage("out of luck");
      }
      assertThat(printed()).isEqualTo("failing failing failing ");
      assertThat(sandbox.call("ask_twice", int.class, 1)).isEqualTo(4);
    }
  }

  @Test
  void givingUpThrowsTheExceptionOfTheJavaFunction() {
    try (Sandbox sandbox =
        builder(CompiledGuest.withLibc(PROGRAM))
            .hostFunction(
                "ask",
                (Integer _) -> {
                  throw new IOException("no answer");
                })
            .build()) {
      printed();
      assertThatThrownBy(() -> sandbox.call("give_up", void.class, 1))
          .isInstanceOf(HostFunctionException.class)
          .hasRootCauseMessage("no answer");
      assertThat(printed()).isEqualTo("giving up");
      assertUnusable(sandbox);
    }
  }

  @Test
  void anAbortOfTheGuestLibraryHasItsMessage() {
    try (Sandbox sandbox = sandbox()) {
      printed();
      assertThatThrownBy(() -> sandbox.call("hl_abort_now", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessage("the guest aborted: enough");
      assertThat(printed()).isEqualTo("aborting");
      assertUnusable(sandbox);
    }
  }

  @Test
  void anAbortOfTheLibcHasWhatWasWrittenToStandardError() {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot()) {
      for (String text : new String[] {"it is over\n", "no end of line", "\u20ac"}) {
        assertThatThrownBy(() -> sandbox.call("abort_now", void.class, text))
            .isInstanceOf(GuestAbortException.class)
            .hasMessage("the guest aborted: " + text.strip());
        assertUnusable(sandbox);
        sandbox.restore(snapshot);
      }
      assertThat(sandbox.call("ask_twice", int.class, 1)).isEqualTo(4);
    }
  }

  @Test
  void anAbortWithoutAWordIsAnAbort() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("abort_now", void.class, ""))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("SIGABRT");
    }
  }

  @Test
  void aFailedAssertionSaysWhatAndWhere() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("assert_positive", int.class, 3)).isEqualTo(3);
      assertThatThrownBy(() -> sandbox.call("assert_positive", int.class, -3))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("assert_positive: Assertion `number > 0' failed.");
    }
  }

  @ParameterizedTest
  @CsvSource({"free_twice, double free", "smash_stack, stack smashing detected"})
  void whatTheLibcFindsIsAnAbort(String function, String message) {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call(function, void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining(message);
      assertUnusable(sandbox);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 42, 255})
  void exitEndsTheCallWithItsStatus(int status) {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot()) {
      for (String function : new String[] {"exit_with", "exit_at_once"}) {
        printed();
        GuestExitException exit =
            catchThrowableOfType(
                GuestExitException.class, () -> sandbox.call(function, void.class, status));
        assertThat(exit.status()).isEqualTo(status);
        assertThat(printed()).isEqualTo(function.equals("exit_with") ? "exiting destructor\n" : "");
        assertUnusable(sandbox);
        sandbox.restore(snapshot);
      }
      assertThat(sandbox.call("ask_twice", int.class, 1)).isEqualTo(4);
    }
  }

  @Test
  void aFaultIsAFault() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("write_nowhere", int.class))
          .isInstanceOf(GuestFaultException.class)
          .hasMessageContaining("0x8");
    }
  }

  @Test
  void theTimeIsTheHostsOrTheOneItIsGiven() {
    try (Sandbox sandbox = sandbox()) {
      long before = Instant.now().getEpochSecond();
      assertThat(sandbox.<Long>call("now", long.class))
          .isBetween(before, Instant.now().getEpochSecond());
      assertThat(sandbox.call("clock_goes_on", boolean.class)).isTrue();
    }
    Clock frozen = Clock.fixed(Instant.parse("2001-02-03T04:05:06Z"), ZoneOffset.UTC);
    try (Sandbox sandbox = builder().clock(frozen).build()) {
      assertThat(sandbox.call("date", String.class)).isEqualTo("2001-02-03 04:05:06");
    }
  }

  @Test
  void variablesOfTheThreadStayFromCallToCallAndGoBackWithTheSandbox() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("next_of_thread", int.class)).isEqualTo(41);
      try (Snapshot snapshot = sandbox.snapshot()) {
        assertThat(sandbox.call("next_of_thread", int.class)).isEqualTo(42);
        sandbox.restore(snapshot);
        assertThat(sandbox.call("next_of_thread", int.class)).isEqualTo(42);
        try (Sandbox other = snapshot.spawn()) {
          assertThat(other.call("next_of_thread", int.class)).isEqualTo(42);
        }
      }
    }
  }

  @Test
  void thereIsNoFileToWrite() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.<Integer>call("error_of", int.class, "/tmp/file")).isPositive();
    }
  }

  @Test
  void allMemoryCanBeAllocatedFreedAndAllocatedAgain() {
    try (Sandbox sandbox = builder().memorySize(32 << 20).build()) {
      for (int i = 0; i < 3; i++) {
        assertThat(sandbox.<Long>call("allocate_all", long.class)).isGreaterThan(24L << 20);
      }
    }
  }

  @Test
  void aProgramMaySendItselfASignal() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("raise_signal", int.class)).isEqualTo(10);
    }
  }

  private static Guest withMain(String body) {
    return CompiledGuest.withLibc(
        """
        #include <hyperlight.h>
        #include <stdio.h>
        #include <stdlib.h>

        HL_IMPORT(int, ask, int)

        HL_EXPORT(int, use)
        int use(void) { return ask(1); }

        """
            + body);
  }

  private Sandbox.Builder startOf(String body) {
    return builder(withMain(body)).hostFunction("ask", (Integer a) -> a);
  }

  @Test
  void aProgramNeedNoMain() {
    try (Sandbox sandbox = startOf("").build()) {
      assertThat(sandbox.call("use", int.class)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          int main(void) { return 3; }                                                 | 3
          int main(void) { exit(4); }                                                  | 4
          int main(void) { exit(0); }                                                  | 0
          int main(void) { return -1; }                                                | 255
          __attribute__((constructor)) static void start(void) { exit(5); }            | 5
          """)
  void aProgramThatEndsBeforeAnyCallIsNoSandbox(String main, int status) {
    GuestExitException exit =
        catchThrowableOfType(GuestExitException.class, () -> startOf(main).build());
    assertThat(exit.status()).isEqualTo(status);
  }

  @Test
  void aProgramThatEndsSaysWhyOnStandardError() {
    Sandbox.Builder builder =
        startOf("int main(void) { fputs(\"no configuration\\n\", stderr); return 1; }");
    assertThatThrownBy(builder::build)
        .isInstanceOf(GuestExitException.class)
        .hasMessageContaining("no configuration");
  }

  @Test
  void mainMayAbort() {
    Sandbox.Builder builder = startOf("int main(void) { hl_abort(HL_STR(\"not today\")); }");
    assertThatThrownBy(builder::build)
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("not today");
  }

  @Test
  void mainCannotCallJava() {
    Sandbox.Builder builder = startOf("int main(void) { return ask(0); }");
    assertThatThrownBy(builder::build).isInstanceOf(GuestFaultException.class);
  }

  @Test
  void theDocumentsGuestLearnsWords() throws IOException {
    Matcher program =
        Pattern.compile("^```c\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(Files.readString(Path.of("..", "docs", "guests-in-c.md")));
    assertThat(program.find()).isTrue();
    ByteArrayOutputStream progress = new ByteArrayOutputStream();
    try (Sandbox sandbox =
        builder(CompiledGuest.withLibc(program.group(1), "-lm"))
            .hostAction("progress", (Integer count) -> progress.write(count))
            .build()) {
      for (String word : new String[] {"pear", "apple", "plum"}) {
        sandbox.call("learn", long.class, word);
      }
      assertThat(sandbox.call("first", String.class)).isEqualTo("apple");
      assertThat(sandbox.call("root", double.class, 2.25)).isEqualTo(1.5);
      assertThat(printed()).isEqualTo("learnt pear\nlearnt apple\nlearnt plum\n");
      assertThat(progress.toByteArray()).containsExactly(1, 2, 3);
      for (int i = 3; i < 1000; i++) {
        sandbox.call("learn", long.class, "word" + i);
      }
      assertThatThrownBy(() -> sandbox.call("learn", long.class, "another"))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessage("that is enough");
    }
  }
}

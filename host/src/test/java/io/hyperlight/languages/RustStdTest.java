package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.kind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.RustGuest.Kind;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what guests in Rust with the standard library have in addition to others. */
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@Needs(Tool.CARGO)
@Tag("slow")
class RustStdTest {
  private static final String PROGRAM = SourceFile.of(RustStdTest.class, "std_guest.rs");

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private Sandbox.Builder builder(Guest guest) {
    return Sandbox.builder(guest).hostPrint(new PrintStream(printed, true, UTF_8));
  }

  private Sandbox sandbox() {
    return builder(RustGuest.std(PROGRAM)).build();
  }

  private static int lineOf(String text) {
    return (int) PROGRAM.substring(0, PROGRAM.indexOf(text)).lines().count();
  }

  @Test
  void mainRunsOnceBeforeTheFirstCall() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(printed.toString(UTF_8)).isEqualTo("half ");
      assertThat(sandbox.call("started", String.class)).isEqualTo("main 1");
      assertThat(sandbox.call("started", String.class)).isEqualTo("main 1");
    }
  }

  @Test
  void collectionsWork() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("words", String.class, "b a b c a b"))
          .isEqualTo("{\"a\": 2, \"b\": 3, \"c\": 1}");
      assertThat(sandbox.call("floats", String.class, 2.0)).isEqualTo("0.909297 1.231144 0.693147");
    }
  }

  @Test
  void whatIsPrintedInSeveralWaysComesInOrder() {
    try (Sandbox sandbox = sandbox()) {
      printed.reset();
      sandbox.call("print", void.class, "text");
      assertThat(printed.toString(UTF_8)).isEqualTo("text<4>\ntext!error");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"STD", "STD_DEBUG", "STD_WITHOUT_UNWINDING"})
  void aPanicAbortsTheCallWithItsMessageAndPlaceAndPrintsNothing(Kind kind) {
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).build()) {
      printed.reset();
      assertThatThrownBy(() -> sandbox.call("panic_with", void.class, "hello"))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageMatching(
              "the guest aborted: panicked at .*src/main\\.rs:%d:\\d+: it said hello"
                  .formatted(lineOf("panic!(\"it said")));
      assertThat(printed.toString(UTF_8)).isEmpty();
      assertThatThrownBy(() -> sandbox.call("started", String.class))
          .isInstanceOf(SandboxUnusableException.class);
    }
  }

  @Test
  void aPanicCanBeCaughtAndRunsDestructors() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("caught", String.class, "")).isEqualTo("7");
      assertThat(sandbox.call("caught", String.class, "it"))
          .isEqualTo("caught it, main 1,dropped,dropped");
      assertThat(sandbox.call("poison", boolean.class)).isTrue();
      assertThat(sandbox.call("started", String.class)).isEqualTo("main 1,dropped,dropped");
      assertThatThrownBy(() -> sandbox.call("panic_with", void.class, "more"))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("it said more");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "throw_again, panicked: first",
    "panic_with_a_number, a value that is no text",
    "panic_through_c, in a callback",
    "panic_while_dropping, in a destructor"
  })
  void unusualPanicsAreAbortsToo(String function, String message) {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call(function, void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining(message);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void exitInMainIsAnExitWithItsStatus(int status) {
    Sandbox.Builder builder =
        withMain(Kind.STD, "fn main() { std::process::exit(%d) }".formatted(status));
    assertThat(catchThrowableOfType(GuestExitException.class, builder::build).status())
        .isEqualTo(status);
  }

  @Test
  void exitAfterMainIsAnAbortThatSaysSo() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("exit_with", void.class, 3))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("std::process::exit");
    }
  }

  @Test
  void anAbortHasWhatWasWrittenToStandardError() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("abort_process", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("cannot go on");
    }
  }

  @Test
  void thereIsATime() {
    try (Sandbox sandbox = sandbox()) {
      long before = Instant.now().getEpochSecond();
      assertThat(sandbox.<Long>call("now", long.class))
          .isBetween(before, Instant.now().getEpochSecond());
      assertThat(sandbox.call("sleeps", boolean.class)).isTrue();
    }
    Clock frozen = Clock.fixed(Instant.ofEpochSecond(1_000_000_000), ZoneOffset.UTC);
    try (Sandbox sandbox = builder(RustGuest.std(PROGRAM)).clock(frozen).build()) {
      assertThat(sandbox.call("now", long.class)).isEqualTo(1_000_000_000);
    }
  }

  @Test
  void whatThereIsNotIsAnError() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("connect", void.class))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessageContaining("os error");
      assertThatCode(() -> sandbox.call("thread", void.class)).doesNotThrowAnyException();
      assertThatThrownBy(() -> sandbox.call("read_file", byte[].class, "/etc/passwd"))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessageContaining("No such file or directory");
      assertThat(sandbox.call("read_input", long.class)).isZero();
      assertThat(sandbox.call("started", String.class)).isEqualTo("main 1");
    }
  }

  @Test
  void eachSandboxHasRandomKeysOfItsOwn() {
    try (Sandbox one = sandbox();
        Sandbox two = sandbox()) {
      assertThat(one.<Long>call("random_state", long.class))
          .isNotEqualTo(two.<Long>call("random_state", long.class));
    }
  }

  @Test
  void variablesOfTheThreadStayFromCallToCallAndGoBackWithTheSandbox() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("count", int.class)).isEqualTo(1000);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox other = snapshot.spawn()) {
        assertThat(sandbox.call("count", int.class)).isEqualTo(1001);
        assertThatThrownBy(() -> sandbox.call("panic_with", void.class, ""))
            .isInstanceOf(GuestAbortException.class);
        sandbox.restore(snapshot);
        assertThat(sandbox.call("count", int.class)).isEqualTo(1001);
        assertThat(other.call("count", int.class)).isEqualTo(1001);
      }
    }
  }

  private Sandbox.Builder withMain(Kind kind, String main) {
    return builder(
            RustGuest.of(
                kind,
                """
                #[hyperlight::import]
                mod host { fn ask() -> u8; }
                #[hyperlight::export]
                fn f() -> u8 { host::ask().unwrap_or(1) }
                """
                    + main))
        .hostFunction("ask", () -> 2);
  }

  @ParameterizedTest
  @EnumSource(names = {"STD", "STD_WITHOUT_UNWINDING"})
  void aPanicInMainIsAnAbort(Kind kind) {
    Sandbox.Builder builder = withMain(kind, "fn main() { panic!(\"not today\") }");
    assertThatThrownBy(builder::build)
        .isInstanceOf(GuestAbortException.class)
        .hasMessageMatching("the guest aborted: panicked at .*src/main\\.rs:5:\\d+: not today");
  }

  @Test
  void aMainThatFailsIsAnExit() {
    Sandbox.Builder builder =
        withMain(Kind.STD, "fn main() -> Result<(), String> { Err(\"no luck\".into()) }");
    assertThatThrownBy(builder::build)
        .isInstanceOf(GuestExitException.class)
        .hasMessageContaining("status 1")
        .hasMessageContaining("no luck");
  }

  @Test
  void mainCannotCallJava() {
    Sandbox.Builder builder = withMain(Kind.STD, "fn main() { f(); }");
    assertThatThrownBy(builder::build).isInstanceOf(GuestFaultException.class);
  }
}

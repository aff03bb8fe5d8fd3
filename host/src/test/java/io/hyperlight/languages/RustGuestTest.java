package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RecordingLogger;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests guests in Rust: errors, panics, memory, and the rest of the crate. */
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@ParameterizedClass
@EnumSource(names = {"CORE", "STD"})
@Needs(Tool.CARGO)
@Tag("slow")
class RustGuestTest {
  private static final String PROGRAM = SourceFile.of(RustGuestTest.class, "guest.rs");

  private final RustGuest.Kind kind;

  RustGuestTest(RustGuest.Kind kind) {
    this.kind = kind;
  }

  private static Sandbox.Builder builder(Guest guest) {
    return builder(guest, question -> "no " + question);
  }

  private static Sandbox.Builder builder(Guest guest, UnaryOperator<String> ask) {
    return Sandbox.builder(guest)
        .hostFunction("ask", (String question) -> ask.apply(question))
        .hostAction("tell", (byte[] _) -> {});
  }

  private Sandbox sandbox() {
    return builder(RustGuest.of(kind, PROGRAM)).build();
  }

  /** Where in the program a line is that has this text. */
  private static int lineOf(String text) {
    List<String> lines = PROGRAM.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(text)) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\0",
        "a\0b\0",
        "\u007f\u0080\u07ff\u0800\uffff\ufffd",
        "\ud83d\ude00 \ud800\udc00 \udbff\udfff",
        "na\u00efve \u4e16\u754c e\u0301"
      })
  void allOfUnicodeGoesBothWays(String text) {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("echo", String.class, text)).isEqualTo(text);
      assertThat(sandbox.call("echo_borrowed", String.class, text)).isEqualTo(text);
      assertThat(sandbox.call("reversed", String.class, text))
          .isEqualTo(new StringBuilder(text).reverse().toString());
      assertThat(sandbox.call("pass_on", String.class, text)).isEqualTo("no " + text);
    }
  }

  @Test
  void largeValuesGoBothWays() {
    String text = "\ud83d\ude00".repeat(1 << 20);
    byte[] bytes = new byte[5 << 20];
    new SplittableRandom(1).nextBytes(bytes);
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).memorySize(64 << 20).build()) {
      for (int i = 0; i < 10; i++) {
        assertThat(sandbox.call("echo", String.class, text).equals(text)).isTrue();
        assertThat(sandbox.call("echo_borrowed", String.class, text).equals(text)).isTrue();
        assertThat(sandbox.call("pass_on", String.class, text).equals("no " + text)).isTrue();
        assertThat(Arrays.equals(sandbox.call("echo_bytes", byte[].class, bytes), bytes)).isTrue();
        assertThat(Arrays.equals(sandbox.call("echo_borrowed_bytes", byte[].class, bytes), bytes))
            .isTrue();
      }
    }
  }

  @Test
  void functionsMayBeWrittenInAllTheWaysOfRust() {
    try (Sandbox sandbox = sandbox()) {
      assertThat(sandbox.call("constant", String.class)).isEqualTo("constant");
      assertThat(sandbox.call("nothing", Object.class)).isNull();
      assertThat(sandbox.call("type", int.class)).isEqualTo(7);
      assertThat(sandbox.call("sum", int.class, 40, 2, 1)).isEqualTo(42);
    }
  }

  @Test
  void anErrIsAnErrorInJavaAndTheSandboxStaysUsable() {
    try (Sandbox sandbox = sandbox()) {
      for (int i = 0; i < 3; i++) {
        assertThat(sandbox.call("half", long.class, 42L)).isEqualTo(21);
        assertThatThrownBy(() -> sandbox.call("half", long.class, 7L))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage("7 is odd");
        assertThatThrownBy(() -> sandbox.call("parse", int.class, "4x"))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage("invalid digit found in string");
        assertThat(sandbox.call("parse", int.class, " -17 ")).isEqualTo(-17);
        String message = "no. %d: \ud83d\ude00".formatted(i);
        assertThatThrownBy(() -> sandbox.call("fail", void.class, message))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage(message);
        assertThatThrownBy(() -> sandbox.call("fail_with_bytes", byte[].class, message))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage(message);
      }
    }
  }

  @Test
  void aFailedHostFunctionIsAnErrThatTheGuestCanHandle() {
    try (Sandbox sandbox =
        builder(
                RustGuest.of(kind, PROGRAM),
                _ -> {
                  throw new IllegalStateException("out of answers");
                })
            .build()) {
      assertThat(sandbox.call("ask_or_not", String.class, "?"))
          .isEqualTo("the host function ask failed, HostError { function: \"ask\" }, ask");
      assertThatThrownBy(() -> sandbox.call("pass_on", String.class, "?"))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessage("the host function ask failed");
      sandbox.call("tell", void.class, 1000L);
      assertThatThrownBy(() -> sandbox.call("ask_or_give_up", String.class, "?"))
          .isInstanceOf(HostFunctionException.class)
          .hasRootCauseMessage("out of answers");
    }
  }

  @Test
  void anUnwrappedHostErrorIsAPanic() {
    try (Sandbox sandbox =
        builder(
                RustGuest.of(kind, PROGRAM),
                _ -> {
                  throw new IllegalStateException();
                })
            .build()) {
      assertThatThrownBy(() -> sandbox.call("ask_or_panic", String.class, "?"))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("HostError { function: \"ask\" }");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          panic_with     | fn panic_with     | it said hello
          unwrap_nothing | fn unwrap_nothing | called `Option::unwrap()` on a `None` value
          at             | fn at             | index out of bounds: the len is 3 but the index is 3
          slice          | fn slice          | range end index 4 out of range for slice of length 3
          divide         | fn divide         | attempt to divide by zero
          """)
  void aPanicIsAnAbortWithItsMessageAndPlace(String function, String line, String message) {
    byte[] bytes = {1, 2, 3};
    Object[] arguments =
        switch (function) {
          case "panic_with" -> new Object[] {"hello"};
          case "unwrap_nothing" -> new Object[] {""};
          case "at" -> new Object[] {bytes, 3L};
          case "slice" -> new Object[] {bytes, 4L};
          default -> new Object[] {1, 0};
        };
    for (Guest guest : List.of(RustGuest.of(kind, PROGRAM), RustGuest.of(kind.debug(), PROGRAM))) {
      try (Sandbox sandbox = builder(guest).build()) {
        assertThatThrownBy(() -> sandbox.call(function, Object.class, arguments))
            .isInstanceOf(GuestAbortException.class)
            .hasMessageStartingWith("the guest aborted: panicked at ")
            .hasMessageMatching("(?s).*src/main\\.rs:" + lineOf(line) + ":\\d+: .*")
            .hasMessageContaining(message);
        assertThatThrownBy(() -> sandbox.call("nothing", void.class))
            .isInstanceOf(SandboxUnusableException.class);
      }
    }
  }

  @Test
  void overflowPanicsInDebugBuildsAndWrapsInReleaseBuilds() {
    try (Sandbox release = sandbox();
        Sandbox debug = builder(RustGuest.of(kind.debug(), PROGRAM)).build()) {
      assertThat(release.call("add", int.class, Integer.MAX_VALUE, 1)).isEqualTo(Integer.MIN_VALUE);
      assertThat(debug.call("add", int.class, 40, 2)).isEqualTo(42);
      assertThatThrownBy(() -> debug.call("add", int.class, Integer.MAX_VALUE, 1))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("attempt to add with overflow");
    }
  }

  @Test
  void aPanicInAPanicIsAnAbort() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("panic_twice", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining(
              kind.hasStd()
                  ? "panicked while processing panic"
                  : "panicked while making the message of a panic");
    }
  }

  @Test
  void theMessageOfAPanicIsCutBetweenCharacters() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("panic_with", void.class, "\u20ac".repeat(5000)))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageEndingWith("\u20ac".repeat(1000));
    }
  }

  @Test
  void aGuestMayAbort() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("abort_with", void.class, "enough"))
          .isInstanceOf(GuestAbortException.class)
          .hasMessage("the guest aborted: enough");
    }
  }

  @Test
  void endlessRecursionIsAFault() {
    try (Sandbox sandbox = builder(RustGuest.of(kind.debug(), PROGRAM)).build()) {
      assertThatThrownBy(() -> sandbox.call("recurse", long.class, 1L))
          .isInstanceOf(GuestFaultException.class)
          .hasMessageContaining("stack");
    }
  }

  @Test
  void whenMemoryIsUsedUpTheGuestAbortsAndSaysSo() {
    for (String function : List.of("allocate", "allocate_for_ever")) {
      try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).memorySize(16 << 20).build()) {
        Object[] arguments =
            function.equals("allocate") ? new Object[] {1L << 30} : new Object[] {};
        assertThatThrownBy(() -> sandbox.call(function, long.class, arguments))
            .isInstanceOf(GuestAbortException.class)
            .hasMessageContaining("memory allocation of")
            .hasMessageContaining("bytes failed");
      }
    }
  }

  @Test
  void aGuestCanAskWhetherThereIsMemory() {
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).memorySize(16 << 20).build()) {
      for (int i = 0; i < 3; i++) {
        assertThat(sandbox.call("can_allocate", boolean.class, 12L << 20)).isTrue();
        assertThat(sandbox.call("can_allocate", boolean.class, 17L << 20)).isFalse();
        assertThat(sandbox.call("can_allocate", boolean.class, (long) Integer.MAX_VALUE << 10))
            .isFalse();
        assertThat(sandbox.call("can_allocate", boolean.class, Long.MAX_VALUE)).isFalse();
        assertThat(sandbox.call("allocate", long.class, 100_000L)).isEqualTo(100_000);
      }
    }
  }

  @Test
  void manyCallsWithLargeResultsNeedNoMoreMemoryThanOne() throws Throwable {
    String text = "x".repeat(10_000);
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).memorySize(16 << 20).build()) {
      var echo = sandbox.function("echo");
      for (int i = 0; i < 100_000; i++) {
        assertThat(((String) echo.invokeExact(text)).length()).isEqualTo(10_000);
      }
      for (int i = 0; i < 5_000; i++) {
        assertThatThrownBy(() -> sandbox.call("fail", void.class, text))
            .satisfies(kind(GuestErrorException.Kind.REPORTED));
      }
      assertThat(sandbox.call("can_allocate", boolean.class, 12L << 20)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void theAllocatorKeepsBlocksApartAndJoinsWhatIsFree(long seed) {
    for (Guest guest : List.of(RustGuest.of(kind, PROGRAM), RustGuest.of(kind.debug(), PROGRAM))) {
      try (Sandbox sandbox = builder(guest).memorySize(16 << 20).build()) {
        for (int i = 0; i < 5; i++) {
          assertThat(sandbox.call("stress", long.class, seed + 100L * i, 5_000L)).isNotNegative();
        }
        // All in one piece again: nothing is left of the blocks.
        assertThat(sandbox.call("can_allocate", boolean.class, 12L << 20)).isTrue();
      }
    }
  }

  @Test
  void memoryIsMovedAndComparedAsTheStandardLibraryWantsIt() {
    byte[] bytes = new byte[200];
    SplittableRandom random = new SplittableRandom(1);
    random.nextBytes(bytes);
    try (Sandbox sandbox = sandbox()) {
      for (int i = 0; i < 3_000; i++) {
        int size = random.nextInt(bytes.length + 1);
        int from = random.nextInt(bytes.length - size + 1);
        int to = random.nextInt(bytes.length - size + 1);
        byte[] expected = bytes.clone();
        System.arraycopy(bytes, from, expected, to, size);
        byte[] moved =
            sandbox.call("move_within", byte[].class, bytes, (long) from, (long) to, (long) size);
        assertThat(moved).isEqualTo(expected);
        assertThat((int) sandbox.<Byte>call("compare", byte.class, bytes, moved))
            .isEqualTo(Integer.signum(Arrays.compareUnsigned(bytes, moved)));
        assertThat((int) sandbox.<Byte>call("compare", byte.class, bytes, Arrays.copyOf(bytes, to)))
            .isEqualTo(to == bytes.length ? 0 : 1);
      }
      assertThat(sandbox.call("c_length", long.class, (Object) new byte[] {1, 2, 0, 3}))
          .isEqualTo(2);
    }
  }

  @Test
  void logMessagesReachTheLoggerAtTheirLevels() {
    RecordingLogger logger = new RecordingLogger();
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).logger(logger).build()) {
      sandbox.call("log", void.class, "{0}");
    }
    assertThat(logger.lines().stream().map(line -> line.level() + ": " + line.text()))
        .containsExactly(
            "TRACE: trace {0}",
            "DEBUG: debug {0}",
            "INFO: info {0}",
            "WARNING: warn {0}",
            "ERROR: error {0}",
            "INFO: without arguments");
  }

  @Test
  void whatIsPrintedComesOut() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (Sandbox sandbox =
        builder(RustGuest.of(kind, PROGRAM))
            .hostPrint(new PrintStream(printed, false, StandardCharsets.UTF_8))
            .build()) {
      sandbox.call("print", void.class, "\u20ac");
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .isEqualTo("<\u20ac>\n1 \"\u20ac\"\nplain\n");
  }

  @Test
  void printingToAStreamThatFailsSaysSo() {
    Iterator<IOException> failures =
        List.of(new InterruptedIOException(), new GuestStreamException(GuestStreamException.ENOSPC))
            .iterator();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw failures.next();
          }
        };
    try (Sandbox sandbox = builder(RustGuest.of(kind, PROGRAM)).hostPrint(full).build()) {
      assertThatThrownBy(() -> sandbox.call("print", void.class, "x"))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("the host's stream failed with error number 28");
    }
  }

  @Test
  void randomBytesAreFreshAfterARestore() {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot()) {
      byte[] first = sandbox.call("random", byte[].class, 200_000L);
      sandbox.restore(snapshot);
      byte[] second = sandbox.call("random", byte[].class, 200_000L);
      assertThat(first).isNotEqualTo(second);
      assertThat(Arrays.copyOfRange(first, 199_968, 200_000)).isNotEqualTo(new byte[32]);
      assertThat(sandbox.call("random", byte[].class, 0L)).isEmpty();
    }
  }

  @Test
  void aRestoreUndoesWhatHappenedToHeapAndStatics() {
    try (Sandbox sandbox = sandbox()) {
      sandbox.call("dirty", long.class);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox other = snapshot.spawn()) {
        for (int i = 0; i < 50; i++) {
          assertThat(sandbox.call("dirty", long.class)).isEqualTo(6 + 2);
          assertThat(sandbox.call("dirty", long.class)).isEqualTo(7 + 3);
          assertThat(sandbox.call("stress", long.class, (long) i, 500L)).isNotNegative();
          if (i % 10 == 0) {
            assertThatThrownBy(() -> sandbox.call("panic_with", void.class, ""))
                .isInstanceOf(GuestAbortException.class);
          }
          sandbox.restore(snapshot);
        }
        assertThat(other.call("dirty", long.class)).isEqualTo(8);
      }
    }
  }
}

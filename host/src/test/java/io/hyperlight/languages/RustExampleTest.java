package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the Rust crate itself, its example, and the code in its document. */
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@Needs(Tool.CARGO)
@Tag("slow")
class RustExampleTest {
  private static void assertSaysHello(Guest guest) {
    try (Sandbox sandbox =
        Sandbox.builder(guest).hostFunction("get_weekday", () -> "Sunday").build()) {
      assertThat(sandbox.call("say_hello", String.class, "World"))
          .isEqualTo("Hello, World! Today is Sunday.");
    }
  }

  @Test
  void theExampleSaysHello() {
    assertSaysHello(RustGuest.example());
  }

  @Test
  void theExampleWithTheStandardLibrarySaysHelloAndCounts() {
    Guest guest = RustGuest.stdExample();
    assertSaysHello(guest);
    try (Sandbox sandbox =
        Sandbox.builder(guest).hostFunction("get_weekday", () -> "Sunday").build()) {
      assertThat(sandbox.call("count", long.class, "word")).isEqualTo(1);
      assertThat(sandbox.call("count", long.class, "Word")).isEqualTo(2);
      assertThat(sandbox.call("count", long.class, "other")).isEqualTo(1);
    }
  }

  @Test
  void theDocumentsGuestSaysHello() throws IOException {
    String document = Files.readString(Path.of("..", "docs", "guests-in-rust.md"));
    Matcher program =
        Pattern.compile("^```rust\\n(#!\\[no_std]\\n.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(document);
    assertThat(program.find()).isTrue();
    assertSaysHello(RustGuest.of(program.group(1)));
  }

  @Test
  void theDocumentsGuestWithTheStandardLibrarySaysHello() throws IOException {
    String document = Files.readString(Path.of("..", "docs", "guests-in-rust.md"));
    Matcher program =
        Pattern.compile("^```rust\\n(use .*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(document);
    assertThat(program.find()).isTrue();
    assertSaysHello(RustGuest.std(program.group(1)));
  }

  @Test
  void theDocumentShowsTheExamplesConfiguration() throws IOException {
    String configuration =
        Files.readString(Path.of("..", "guest", "rust", "hello-std", ".cargo", "config.toml"));
    assertThat(Files.readString(Path.of("..", "docs", "guests-in-rust.md")))
        .contains(configuration.replaceAll("(?m)^#.*\\n", ""));
  }

  @Test
  void theCrateCompilesAndIsDocumentedWithoutWarnings() {
    for (List<String> what :
        List.of(
            List.of("check", "--workspace"),
            List.of("doc", "--no-deps", "--workspace"),
            RustGuest.ofStdExample("check"),
            RustGuest.ofStdExample("doc", "--no-deps", "--package=hyperlight"))) {
      Command.Result result = RustGuest.cargo(what);
      assertThat(result.status()).as(result.errors()).isZero();
      assertThat(result.errors()).isEmpty();
    }
  }
}

package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests strings whose UTF-8 encoding fits neither into a sandbox nor into the heap. */
class LongTextTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_IMPORT(hl_string, text)
      HL_EXPORT(int64_t, length, hl_string)
      int64_t length(hl_string s) { return s.size; }
      HL_EXPORT(int64_t, ask)
      int64_t ask(void) { return text().size; }
      """;

  @Test
  void areRefusedBeforeTheyAreEncoded() {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                Small.class, List.of("--enable-native-access=ALL-UNNAMED", "-Xmx64m")));
    command.add(CompiledGuest.fileOf(PROGRAM).toString());

    assertThat(Command.run(command).outputOfSuccess().lines())
        .hasSize(3)
        .satisfiesExactly(
            line -> assertThat(line).contains("InvalidCall", "does not fit into the sandbox"),
            line -> assertThat(line).contains("HostFunction", "does not fit into the sandbox"),
            line -> assertThat(line).isEqualTo("4"));
  }

  /**
   * The main class of a separate JVM. Its heap holds the string but not its bytes, which are twice
   * as many.
   */
  static final class Small {
    private Small() {}

    public static void main(String[] arguments) {
      String longText = "\u00e9".repeat(25 << 20);
      Guest guest = Guest.load(Path.of(arguments[0]));
      try (Sandbox sandbox = Sandbox.builder(guest).hostFunction("text", () -> longText).build()) {
        tell(() -> sandbox.call("length", long.class, longText));
      }
      try (Sandbox sandbox = Sandbox.builder(guest).hostFunction("text", () -> longText).build()) {
        tell(() -> sandbox.call("ask", long.class));
      }
      try (Sandbox sandbox = Sandbox.builder(guest).hostFunction("text", () -> "").build()) {
        System.out.println(sandbox.<Long>call("length", long.class, "\u00e9\u00e9"));
      }
    }

    private static void tell(Runnable call) {
      try {
        call.run();
        System.out.println("nothing");
      } catch (Throwable t) {
        System.out.println(t);
      }
    }
  }
}

package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The declarations of a C guest compile whatever it calls its functions, parameters and macros. */
@NotInHardwareLane("Runs the compiler.")
class GuestNamesTest {
  /** Words of the header's own code, its attributes and its structures. */
  private static final List<String> NAMES =
      List.of(
          ("name kind result address parameters parameter_count reserved used unused section"
               + " aligned cleanup value first second data size out type number arguments function"
               + " which returns where call count parts literal prefix element bits as status"
               + " target flags level message text state")
              .split(" "));

  private static String exports() {
    return NAMES.stream()
        .map(name ->
            "HL_EXPORT(int, %s_f, int, hl_string)\nint %s_f(int a, hl_string b) { (void)b; return a; }\n"
                .formatted(name, name))
        .collect(Collectors.joining());
  }

  @Test
  void functionsAndParametersMayHaveAnyName() {
    String program =
        "#include <hyperlight.h>\n"
            + NAMES.stream()
                .map(name ->
                    "HL_EXPORT(int, %s, int)\nint %s(int %s_) { return %s_ + 1; }\n"
                        .formatted(name, name, name, name))
                .collect(Collectors.joining());
    for (Guest guest : List.of(CompiledGuest.of(program), CompiledGuest.withLibc(program))) {
      try (Sandbox sandbox = Sandbox.builder(guest).build()) {
        for (String name : NAMES) {
          assertThat(sandbox.call(name, int.class, 2)).as(name).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void importsMayHaveAnyName() {
    String program =
        "#include <hyperlight.h>\n"
            + NAMES.stream()
                .map("HL_IMPORT(int, %s, int, hl_string)\n"::formatted)
                .collect(Collectors.joining())
            + "HL_EXPORT(int, f)\nint f(void) { return 0"
            + NAMES.stream().map(" + %s(1, HL_STR(\"\"))"::formatted).collect(Collectors.joining())
            + "; }\n";
    Sandbox.Builder builder = Sandbox.builder(CompiledGuest.of(program));
    NAMES.forEach(name ->
        builder.hostFunction(name, (Integer number, String text) -> number + text.length()));
    try (Sandbox sandbox = builder.build()) {
      assertThat(sandbox.call("f", int.class)).isEqualTo(NAMES.size());
    }
  }

  @Test
  void macrosOfTheProgramMeanNothingToTheHeaders() {
    String macros =
        NAMES.stream().map("#define %s ) nonsense (\n"::formatted).collect(Collectors.joining());
    String program =
        "#include <hyperlight.h>\n"
            + macros
            + "HL_IMPORT(int, ask, int, hl_bytes)\nHL_IMPORT(void, tell)\n"
            + exports()
            + "HL_EXPORT(int, asked)\n"
            + "int asked(void)\n"
            + "{ int n = 0; return try_ask(&n, 1, (hl_bytes){0, 0}) ? n : ask(2, (hl_bytes){0, 0});"
            + " }\n";
    for (Guest guest : List.of(CompiledGuest.of(program), CompiledGuest.withLibc(program))) {
      assertThat(guest.exports()).hasSize(NAMES.size() + 1);
      assertThat(guest.imports()).hasSize(2);
    }
  }
}

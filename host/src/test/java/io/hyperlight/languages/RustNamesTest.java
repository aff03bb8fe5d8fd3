package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.Tool;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A Rust guest compiles whatever it calls its functions, parameters, types and constants. */
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@Needs(Tool.CARGO)
class RustNamesTest {
  /** Names of generated code, of the crate, of the language's prelude, and keywords. */
  private static final List<String> NAMES =
      List.of(
          ("call result enter FUNCTION a0 a1 main args arguments read write std core alloc abi"
                  + " hyperlight export import run begin receive give value values call_host name"
                  + " String Vec Box Result Option Some None Ok Err Error HostError Call Function"
                  + " Parameter Argument Returned Answer Value u8 i32 str bool panic print println"
                  + " format used unsafe_ link_section closure record body r#type r#fn r#match"
                  + " r#static r#move r#unsafe")
              .split(" "));

  private static final List<String> NO_CONSTANTS = List.of("r#static", "r#move");

  private static String head() {
    return "#![no_std]\n#![no_main]\n#![allow(warnings)]\n";
  }

  private static String javaName(String name) {
    return name.replace("r#", "");
  }

  /** In a module of its own, since the name may hide what others need. */
  private static String export(int number) {
    String name = NAMES.get(number);
    return "mod m%d { #[hyperlight::export] fn %s(%s: u64, b: u64) -> u64 { %s - b } }\n"
        .formatted(number, name, name, name);
  }

  @Test
  void anExportMayHaveAnyName() {
    String program =
        head()
            + IntStream.range(0, NAMES.size())
                .mapToObj(RustNamesTest::export)
                .collect(Collectors.joining());
    try (Sandbox sandbox = Sandbox.builder(RustGuest.of(program)).build()) {
      for (String name : NAMES) {
        assertThat(sandbox.call(javaName(name), Object.class, 7L, 5L)).as(name).isEqualTo(2L);
      }
    }
  }

  @Test
  void anImportMayHaveAnyName() {
    StringBuilder program = new StringBuilder(head());
    for (int i = 0; i < NAMES.size(); i++) {
      String name = NAMES.get(i);
      program.append(
          """
          mod m%d { #[hyperlight::import] mod host { fn %s(%s: u64, b: u64) -> u64; }
            #[hyperlight::export] fn f%d() -> u64 { host::%s(7, %d).unwrap() } }
          """
              .formatted(i, name, name, i, name, i));
    }
    Sandbox.Builder builder = Sandbox.builder(RustGuest.of(program.toString()));
    for (String name : NAMES) {
      builder.hostFunction(javaName(name), (Long a, Long b) -> a * 100 + b);
    }
    try (Sandbox sandbox = builder.build()) {
      for (int i = 0; i < NAMES.size(); i++) {
        assertThat(sandbox.call("f" + i, Object.class)).as(NAMES.get(i)).isEqualTo(700L + i);
      }
    }
  }

  @Test
  void constantsStaticsAndTypesMayHaveAnyNameAroundExportsAndImports() {
    StringBuilder program = new StringBuilder(head());
    int count = 0;
    for (String kind :
        List.of(
            "const %s: u16 = 1;", "static %s: u16 = 1;", "struct %s;", "enum %s {}", "mod %s {}")) {
      for (String name : NAMES) {
        // The types of the functions themselves would be meant.
        if (List.of("u8", "hyperlight").contains(name) && !kind.contains(":")) {
          continue;
        }
        // Rust 1.85 does not read these as names.
        if (NO_CONSTANTS.contains(name) && kind.startsWith("const")) {
          continue;
        }
        program.append(
            """
            mod m%d { %s
              #[hyperlight::import] mod host { fn h%d(x: u8) -> u8; }
              #[hyperlight::export] fn f%d(x: u8, y: u8) -> u8 { x + y } }
            """
                .formatted(count, kind.formatted(name), count, count));
        count++;
      }
    }
    Guest guest = RustGuest.of(program.toString());
    assertThat(guest.exports()).hasSize(count);
    assertThat(guest.imports()).hasSize(count);
  }
}

package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.sdk.GuestCompilationException;
import io.hyperlight.sdk.GuestCompiler;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how programs with a libc are compiled, and which messages there are if that fails. */
@Tag("slow")
class LibcToolchainTest {
  private static final String GUEST =
      """
      #include <hyperlight.h>
      #include <math.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>

      HL_IMPORT(int, twice, int)

      HL_EXPORT(double, root_of_double, double)
      double root_of_double(double x) { return sqrt(twice((int)x)); }

      static char *made;
      int main(void)
      {
          made = strdup("made in main");
          return made == NULL;
      }

      HL_EXPORT(hl_string, ask)
      hl_string ask(void)
      {
          static _Thread_local char text[100];
          snprintf(text, sizeof text, "%s, %.1f", made, 1.5);
          return hl_from_cstring(text);
      }
      """;

  @TempDir private Path folder;

  private static void assertRuns(Guest guest) {
    try (Sandbox sandbox =
        Sandbox.builder(guest).hostFunction("twice", (Integer a) -> 2 * a).build()) {
      assertThat(sandbox.call("root_of_double", double.class, 8d)).isEqualTo(4d);
      assertThat(sandbox.call("ask", String.class)).isEqualTo("made in main, 1.5");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-O0",
        "-O3",
        "-g",
        "-s",
        "-flto",
        "-static-pie",
        "-static-pie -s -O1",
        "-ffunction-sections -fdata-sections -Wl,--gc-sections",
        "-static-pie -ffunction-sections -Wl,--gc-sections",
        "-fstack-protector-all -D_FORTIFY_SOURCE=2",
        "-fcf-protection=full",
        "-Wl,-Ttext-segment=0x15000",
        "-Wl,-z,now"
      })
  void aProgramRunsHoweverItIsCompiled(String options) {
    String[] all = (options + " -lm").split(" ", -1);
    assertRuns(CompiledGuest.withLibc(GUEST, all));
  }

  @Test
  void aProgramWithPackedRelocationsIsToldTheOption() {
    assertThatThrownBy(() ->
            CompiledGuest.withLibc(GUEST, "-static-pie", "-Wl,-z,pack-relative-relocs", "-lm"))
        .satisfies(kind(InvalidGuestException.Kind.FORMAT))
        .hasMessageContaining("link without -z pack-relative-relocs");
  }

  @Test
  @NotInHardwareLane("Runs the compiler.")
  void theSameSourcesMakeTheSameProgram() throws IOException {
    Path source = Files.writeString(folder.resolve("guest.c"), GUEST);
    for (String kind : List.of("-static", "-static-pie")) {
      Path one = folder.resolve("one");
      Path two = folder.resolve("two");
      GuestCompiler compiler = new GuestCompiler().withLibc();
      assertThat(compiler.compile(List.of(source), one, List.of(kind, "-lm"))).isEmpty();
      assertThat(compiler.compile(List.of(source), two, List.of(kind, "-lm"))).isEmpty();
      assertThat(two).hasSameBinaryContentAs(one);
    }
  }

  @Test
  @NotInHardwareLane("Runs the compiler.")
  void aProgramOfSeveralFilesRuns() throws IOException {
    Path main = Files.writeString(folder.resolve("main.c"), GUEST);
    Path other =
        Files.writeString(
            folder.resolve("other.c"),
            """
            #include <ctype.h>
            #include <hyperlight.h>
            #include <stdio.h>
            HL_EXPORT(int, upper, int)
            int upper(int letter) { return toupper(letter); }
            """);
    Path guest = folder.resolve("guest");
    assertThat(new GuestCompiler().withLibc().compile(List.of(main, other), guest, List.of("-lm")))
        .isEmpty();
    assertRuns(Guest.load(guest));
    try (Sandbox sandbox =
        Sandbox.builder(Guest.load(guest)).hostFunction("twice", (Integer a) -> a).build()) {
      assertThat(sandbox.call("upper", int.class, (int) 'x')).isEqualTo('X');
    }
  }

  @Test
  @NotInHardwareLane("No VM takes part.")
  void aCompilerWithoutAStaticLibcIsToldToGetOne() throws IOException {
    Path source = Files.writeString(folder.resolve("guest.c"), GUEST);
    Path compiler =
        Files.writeString(
            folder.resolve("compiler"),
            """
            #!/bin/sh
            [ "$1" = -print-file-name=libc.a ] && echo libc.a && exit
            echo many words
            exit 1
            """);
    assertThat(compiler.toFile().setExecutable(true)).isTrue();
    GuestCompiler missing = new GuestCompiler(compiler.toString());
    assertThatThrownBy(
            () -> missing.withLibc().compile(List.of(source), folder.resolve("out"), List.of()))
        .isInstanceOf(GuestCompilationException.class)
        .hasMessage("there is no static libc: install it (apt-get install libc6-dev)");
    assertThatThrownBy(() -> missing.compile(List.of(source), folder.resolve("out"), List.of()))
        .isInstanceOf(GuestCompilationException.class)
        .hasMessage("many words");
  }

  @Test
  @NotInHardwareLane("Runs the compiler.")
  void aMistakeInTheProgramIsTold() throws IOException {
    Path source = Files.writeString(folder.resolve("guest.c"), "int f( {");
    GuestCompiler compiler = new GuestCompiler().withLibc();
    assertThatThrownBy(() -> compiler.compile(List.of(source), folder.resolve("out"), List.of()))
        .isInstanceOf(GuestCompilationException.class)
        .hasMessageContaining("guest.c:1");
  }
}

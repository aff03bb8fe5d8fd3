package io.hyperlight.internal.loader;

import static io.hyperlight.internal.loader.Spoilt.assertRefused;
import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loads what compilers and linkers really make. Unusual guests run, and the errors say what other
 * programs are.
 */
@Tag("slow")
class ToolchainTest {
  private static final String HELLO =
      """
      #include <stdio.h>
      int main(void) { return puts("hello") < 0; }
      """;

  private static final String ADD = "int add(int a, int b) { return a + b; }\n";

  private static final String GUEST =
      """
      #include <hyperlight.h>

      HL_IMPORT(int, twice, int)

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }

      static int initialised;
      static int *pointer = &initialised;
      __attribute__((constructor)) static void initialise(void) { *pointer = 40; }

      HL_EXPORT(int, ask, int)
      int ask(int a) { return twice(a) + *pointer; }

      HL_EXPORT(hl_string, greet, hl_string)
      hl_string greet(hl_string name) { return hl_concat(HL_STR("Hello, "), name); }
      """;

  @TempDir private Path folder;

  private ThrowableAssertAlternative<GuestFormatException> assertOutputRefused(
      String source, String... options) throws IOException {
    return assertRefused(Files.readAllBytes(gcc(source, options)));
  }

  private Path gcc(String source, String... options) throws IOException {
    Path input = Files.writeString(folder.resolve("input.c"), source);
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>(List.of("gcc", "-o", output.toString()));
    command.addAll(List.of(options));
    command.add(input.toString());
    Command.run(command).outputOfSuccess();
    return output;
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void an32BitProgramIsNamed() throws IOException {
    assertOutputRefused(ADD, "-m32", "-c", "-ffreestanding").withMessageContaining("a 32-bit");
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void anObjectFileIsNamed() throws IOException {
    assertOutputRefused(ADD, "-c").withMessageContaining("an object file: link it to a program");
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void aSharedLibraryIsNamed() throws IOException {
    assertOutputRefused(ADD, "-shared", "-fPIC", "-nostdlib")
        .withMessageContaining("a shared library, not a program");
    assertOutputRefused(HELLO, "-shared", "-fPIC").withMessageContaining("shared librar");
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void aDynamicProgramIsNamed() throws IOException {
    assertOutputRefused(HELLO).withMessageContaining("dynamically linked program: link it with");
    assertOutputRefused(HELLO, "-no-pie").withMessageContaining("dynamically linked program");
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void anOrdinaryStaticProgramHasNoFunctionsForJava() throws IOException {
    assertOutputRefused(HELLO, "-static", "-no-pie")
        .withMessageContaining("no Hyperlight ABI note")
        .withMessageContaining("./hyperlight cc");
  }

  @Test
  @NotInHardwareLane("Asks the C compiler; no VM takes part.")
  void anOrdinaryStaticPieHasNoFunctionsForJavaEither() throws IOException {
    assertOutputRefused(HELLO, "-static-pie").withMessageContaining("no Hyperlight ABI note");
  }

  @Test
  void aProgramWithPackedRelocationsIsToldTheOption() {
    assertRefused(ElfImage.of(CompiledGuest.compile(GUEST, List.of("-Wl,-z,pack-relative-relocs"))))
        .withMessageContaining("link without -z pack-relative-relocs");
  }

  @Test
  void aProgramWithWritableCodeIsRefused() {
    assertRefused(ElfImage.of(CompiledGuest.compile(GUEST, List.of("-Wl,-N"))))
        .withMessageContaining("both writable and executable");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x1000", "0x10000", "0x11000"})
  void aProgramThatIsLinkedTooLowIsToldToGoHigher(String address) {
    assertNotLoaded(
        linkedAt(address), "is linked at " + address + ", below 0x12000", "link it higher");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x7fffff000000", "0x7fffffff0000"})
  void aProgramThatIsLinkedTooHighIsToldToGoLower(String address) {
    assertNotLoaded(linkedAt(address), "is linked at " + address, "link it lower");
  }

  private static void assertNotLoaded(Guest guest, String... words) {
    Sandbox.Builder builder = Sandbox.builder(guest).hostFunction("twice", (Integer a) -> 2 * a);
    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(builder::build)
        .withMessageContainingAll(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x12000", "0x400000", "0x7ffff0000000"})
  void aProgramRunsWhereItIsLinked(String address) {
    assertRuns(linkedAt(address));
  }

  private static Guest linkedAt(String address) {
    return guest("-static", "-no-pie", "-Wl,-Ttext-segment=" + address);
  }

  @Test
  void aStaticProgramThatIsNotPositionIndependentRuns() {
    assertRuns(guest("-static", "-no-pie", "-fno-pie"));
  }

  @Test
  void aStrippedProgramRuns() {
    assertRuns(guest("-s"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-O0", "-O1", "-O3", "-Os"})
  void aProgramRunsAtEveryLevelOfOptimisation(String level) {
    assertRuns(guest(level));
  }

  private static Guest guest(String... options) {
    return Guest.load(CompiledGuest.compile(GUEST, List.of(options)));
  }

  private static void assertRuns(Guest guest) {
    try (Sandbox sandbox =
        Sandbox.builder(guest).hostFunction("twice", (Integer a) -> 2 * a).build()) {
      assertThat(sandbox.call("add", int.class, 40, 2)).isEqualTo(42);
      assertThat(sandbox.call("ask", int.class, 5)).isEqualTo(50);
      assertThat(sandbox.call("greet", String.class, "world")).isEqualTo("Hello, world");
    }
  }
}

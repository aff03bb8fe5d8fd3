package io.hyperlight.internal.loader;

import static io.hyperlight.internal.loader.ElfImage.PT_NOTE;
import static io.hyperlight.internal.loader.ElfImage.P_FILESZ;
import static io.hyperlight.internal.loader.ElfImage.P_OFFSET;
import static io.hyperlight.internal.loader.Spoilt.assertRefused;
import static io.hyperlight.internal.loader.Spoilt.guest;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class FunctionTableTest {
  private static final int HL_BYTES = 13;

  /** Returns a guest with another name's or code's address in a function's entry. */
  private static ElfImage with(String function, int member, long value) {
    ElfImage image = guest();
    return image.setRelocated(image.functionAddress(function) + member, value);
  }

  @Test
  void declarationsAreThoseOfTheSource() {
    GuestProgram program = new GuestProgram(guest().toByteArray());
    assertThat(program.exports().values())
        .extracting(function -> function.declaration().toString())
        .containsExactly(
            "int add(int, int)", "int count(void)", "int element(int)", "int question(void)");
    assertThat(program.imports()).hasToString("[int ask(hl_string)]");
    ElfImage image = guest();
    long number =
        (image.functionAddress("ask") - image.functionTableAddress()) / FunctionEntry.SIZE;
    assertThat(program.importsByNumber()).hasSize(5);
    assertThat(program.importsByNumber().get((int) number)).hasToString("int ask(hl_string)");
    assertThat(program.importsByNumber().stream().filter(Objects::nonNull)).hasSize(1);
  }

  @Test
  void aProgramWithoutTheNoteIsToldHowToGetIt() {
    ElfImage image = guest();
    long note = image.getLong(image.programHeader(PT_NOTE, 0) + P_OFFSET);
    List<ElfImage> without =
        List.of(
            guest().setInt(image.programHeader(PT_NOTE, 0), 0),
            guest().setByte(note + 12, 'h'), // of another vendor
            guest().setInt(note + 8, 2)); // of another type
    for (ElfImage other : without) {
      assertRefused(other)
          .withMessageContaining("no Hyperlight ABI note")
          .withMessageContaining("./hyperlight cc");
    }
  }

  @Test
  void anotherAbiVersionSaysWhichSideIsOlder() {
    ElfImage image = guest();
    assertRefused(guest().setInt(image.abiNote(), 2))
        .withMessage("it was built for guest ABI 2, and this library speaks 1: update the library");
    assertRefused(guest().setInt(image.abiNote(), 0)).withMessageContaining("compile the guest");
    assertRefused(guest().setInt(image.abiNote(), -1)).withMessageContaining("ABI 4294967295");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, 1, 39, 41, 1000})
  void aNoteOfAnotherSizeIsRefused(int size) {
    ElfImage image = guest();
    long note = image.getLong(image.programHeader(PT_NOTE, 0) + P_OFFSET);
    assertRefused(guest().setInt(note + 4, size)); // of the description
    if (size != 0) {
      assertRefused(guest().setInt(note, size)); // of the name
    }
    if (size >= 0 && size < 60) {
      assertRefused(guest().setLong(image.programHeader(PT_NOTE, 0) + P_FILESZ, size));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1 << 20, -(1 << 20)})
  void aTableThatIsNotWithinASegmentIsRefused(long hostile) {
    ElfImage image = guest();
    long start = image.abiNote() + 8;
    long end = image.abiNote() + 16;
    assertRefused(guest().setLong(start, image.getLong(start) + hostile))
        .withMessageContaining("function table");
    assertRefused(guest().setLong(end, image.getLong(end) + hostile))
        .withMessageContaining("function table");
  }

  @Test
  void aTableOfMoreThanAnyProgramsEntriesIsRefused() {
    ElfImage image = guest();
    long end = image.abiNote() + 16;
    assertRefused(guest().setLong(end, image.getLong(end) + 4096L * FunctionEntry.SIZE))
        .withMessageContaining("is not up to 4096 entries of 56 bytes");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 255})
  void anEntryThatIsNeitherExportNorImportIsRefused(int kind) {
    ElfImage image = guest();
    assertRefused(image.setByte(image.function("question") + FunctionEntry.KIND, kind))
        .withMessageMatching(
            "entry [0-4] of its function table is neither an export nor an import");
  }

  @ParameterizedTest
  @ValueSource(ints = {14, 15, 127, 128, 255})
  void anUnknownTypeIsRefused(int code) {
    ElfImage image = guest();
    assertRefused(guest().setByte(image.function("add") + FunctionEntry.RESULT, code))
        .withMessage(
            "its function table has type code %d, which this library does not know"
                .formatted(code));
    assertRefused(guest().setByte(image.function("add") + FunctionEntry.PARAMETERS + 1, code))
        .withMessageContaining("type code " + code);
  }

  @Test
  void aVoidParameterIsRefused() {
    ElfImage image = guest();
    assertRefused(image.setByte(image.function("add") + FunctionEntry.PARAMETERS, 0))
        .withMessage("function add has a void parameter");
  }

  @ParameterizedTest
  @ValueSource(ints = {33, 128, 255})
  void moreParametersThanTheAbiHasAreRefused(int count) {
    ElfImage image = guest();
    assertRefused(image.setByte(image.function("add") + FunctionEntry.PARAMETER_COUNT, count))
        .withMessage("function add has %d parameters, more than 32".formatted(count));
  }

  @Test
  void asManyParametersAsTheAbiHasAreTaken() {
    ElfImage image = guest();
    long add = image.function("add");
    image.setByte(add + FunctionEntry.PARAMETER_COUNT, 32);
    for (int i = 0; i < 32; i++) {
      image.setByte(add + FunctionEntry.PARAMETERS + i, HL_BYTES);
    }
    GuestProgram program = new GuestProgram(image.toByteArray());
    assertThat(program.exports().get("add"))
        .satisfies(add32 -> assertThat(add32.declaration().signature().parameters()).hasSize(32));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "a\n",
        "a\u001b[2J",
        "\u202ea",
        "a/b",
        "a\"b",
        "\u00a0",
        "\u00e9a",
        "a%s"
      })
  void aNameThatCouldPassForSomethingElseInAMessageIsRefused(String name) {
    ElfImage image = guest();
    assertRefused(image.setText(image.functionName("ask"), name))
        .withMessage("a function's name is empty or has odd characters in it");
  }

  @Test
  void aNameThatIsNotUtf8IsRefused() {
    ElfImage image = guest();
    assertRefused(image.setByte(image.functionName("add"), 0xff))
        .withMessageContaining("is not UTF-8");
  }

  @Test
  void aNameThatDoesNotEndIsRefused() {
    ElfImage image = guest();
    long name = image.functionName("add");
    long end = 0;
    for (int i = 0; i < image.programHeaderCount(); i++) {
      long header = image.programHeader(i);
      long start = image.getLong(header + P_OFFSET);
      long size = image.getLong(header + P_FILESZ);
      if (image.getInt(header) == ElfImage.PT_LOAD && name >= start && name < start + size) {
        end = start + size;
      }
    }
    // To the end of its segment.
    for (long at = name; at < end; at++) {
      image.setByte(at, 'x');
    }
    assertRefused(image).withMessageContaining("does not end within 255 bytes or the file");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1 << 24, -0x20_0000})
  void aNameOutsideOfTheProgramIsRefused(long hostile) {
    assertRefused(with("add", FunctionEntry.NAME, hostile))
        .withMessageContaining("a function's name is at 0x")
        .withMessageContaining("in none of its segments");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1 << 24, -0x20_0000})
  void anExportOutsideOfTheProgramIsRefused(long hostile) {
    assertRefused(with("add", FunctionEntry.ADDRESS, hostile))
        .withMessageContaining("function add is at 0x")
        .withMessageContaining("in none of its segments");
  }

  @Test
  void anExportThatIsNotCodeIsRefused() {
    long data = guest().functionTableAddress();
    assertRefused(with("add", FunctionEntry.ADDRESS, data))
        .withMessageContaining("function add is at 0x")
        .withMessageContaining("which is not code");
  }

  @Test
  void twoExportsOfOneNameAreRefused() {
    ElfImage image = guest();
    long name = image.relocated(image.functionAddress("add") + FunctionEntry.NAME);
    assertRefused(with("question", FunctionEntry.NAME, name))
        .withMessage("it exports two functions named add");
  }
}

package io.hyperlight.internal.loader;

import static io.hyperlight.internal.loader.Spoilt.guest;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class ElfSymbolsTest {
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;
  private static final int SHT_SYMTAB = 2;
  private static final int STT_FUNC = 2;

  private static final GuestProgram SOUND = new GuestProgram(guest().toByteArray());

  private static long addressOfAdd() {
    return address(SOUND, "add");
  }

  private static long address(GuestProgram program, String export) {
    FunctionTable.Export function = program.exports().get(export);
    if (function == null) {
      throw new AssertionError(export);
    }
    return function.address();
  }

  /** The offset of the symbol table's section header. */
  private static long symbolTable(ElfImage image) {
    long at = image.getLong(ElfImage.E_SHOFF);
    while (image.getInt(at + 4) != SHT_SYMTAB) {
      at += SECTION_HEADER_SIZE;
    }
    return at;
  }

  /** The offset of the symbol of a function. */
  private static long symbol(ElfImage image, long address) {
    long at = image.getLong(symbolTable(image) + 24);
    while (image.getLong(at + 8) != address - ElfFile.POSITION_INDEPENDENT_BASE
        || (image.getInt(at + 4) & 0xf) != 2) {
      at += SYMBOL_SIZE;
    }
    return at;
  }

  private static long strings(ElfImage image) {
    long table = symbolTable(image);
    long headers = image.getLong(ElfImage.E_SHOFF);
    return image.getLong(headers + (long) image.getInt(table + 40) * SECTION_HEADER_SIZE + 24);
  }

  @Test
  void anAddressIsNamedByTheFunctionItIsIn() {
    assertThat(SOUND.symbolAt(addressOfAdd())).contains("add");
    assertThat(SOUND.symbolAt(addressOfAdd() + 1)).contains("add+0x1");
    assertThat(SOUND.symbolAt(address(SOUND, "element") + 5)).contains("element+0x5");
  }

  @Test
  void anAddressBehindAFunctionIsNotNamedByIt() {
    ElfImage image = guest();
    long size = image.getLong(symbol(image, addressOfAdd()) + 16);
    assertThat(size).isPositive();
    assertThat(SOUND.symbolAt(addressOfAdd() + size - 1)).isPresent();
    assertThat(SOUND.symbolAt(addressOfAdd() + size)).isNotEqualTo("add+0x" + size);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1, 0xffff_8000_0000_0000L})
  void anAddressOutsideOfTheProgramHasNoName(long address) {
    assertThat(SOUND.symbolAt(address)).isEmpty();
  }

  @Test
  void namesOfAProgramThatIsNotMovedAreItsOwn() {
    // The same file, but not position-independent.
    byte[] file = guest().toByteArray();
    long address = addressOfAdd() - ElfFile.POSITION_INDEPENDENT_BASE;
    assertThat(new ElfSymbols(file, 0).nearest(address)).contains("add");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb", "a\u001b[2J", "a b", "\u202ea", "\u00e4", ""})
  void aNameThatCouldPassForSomethingElseInAMessageIsNone(String name) {
    ElfImage image = guest();
    long at = strings(image) + image.getInt(symbol(image, addressOfAdd()));
    image.setText(at, name);
    assertThat(new GuestProgram(image.toByteArray()).symbolAt(addressOfAdd())).isEmpty();
  }

  @Test
  void aDamagedSymbolTableOnlyCostsTheNames() {
    ElfImage image = guest();
    long table = symbolTable(image);
    long[] fields = {ElfImage.E_SHOFF, table + 24, table + 32, symbol(image, addressOfAdd()) + 16};
    for (long field : fields) {
      for (long value : new long[] {-1, 0, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 33, 7}) {
        GuestProgram program = new GuestProgram(guest().setLong(field, value).toByteArray());
        assertThat(program.symbolAt(addressOfAdd())).isNotNull();
      }
    }
    for (int value : new int[] {-1, Integer.MAX_VALUE, 1 << 20}) {
      GuestProgram program =
          new GuestProgram(guest().setInt(table + 40, value).toByteArray()); // sh_link
      assertThat(program.symbolAt(addressOfAdd())).isEmpty();
      int name = (int) symbol(image, addressOfAdd());
      program = new GuestProgram(guest().setInt(name, value).toByteArray());
      assertThat(program.symbolAt(addressOfAdd())).isEmpty();
    }
    assertThat(new GuestProgram(guest().setShort(ElfImage.E_SHNUM, 0).toByteArray()).symbolAt(0))
        .isEmpty();
  }

  @Test
  void randomDamageBehindTheProgramOnlyCostsTheNames() {
    ElfImage image = guest();
    long begin = image.getLong(symbolTable(image) + 24);
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      ElfImage damaged = guest();
      for (int j = 0; j < 20; j++) {
        damaged.setByte(begin + random.nextLong(image.size() - begin), random.nextInt());
      }
      GuestProgram program = new GuestProgram(damaged.toByteArray());
      assertThat(program.symbolAt(addressOfAdd() + random.nextInt(64))).isNotNull();
    }
  }

  @Test
  void aFileMadeOfSymbolTablesIsReadInNoTime() {
    // Every one of 60,000 sections is the same table of 100,000 nameless functions. Reading all of
    // them would take minutes, and a guest can make the host do so as often as it likes.
    int sections = 60_000;
    int symbols = 100_000;
    ElfImage sound = guest();
    long table = sound.size();
    long headers = table + (long) symbols * SYMBOL_SIZE;
    ElfImage image = sound.extendedBy(symbols * SYMBOL_SIZE + sections * SECTION_HEADER_SIZE);
    for (long at = table; at < headers; at += SYMBOL_SIZE) {
      image.setByte(at + 4, STT_FUNC).setShort(at + 6, 1);
    }
    for (long at = headers; at < image.size(); at += SECTION_HEADER_SIZE) {
      image.setInt(at + 4, SHT_SYMTAB).setLong(at + 24, table).setLong(at + 32, headers - table);
    }
    image.setLong(ElfImage.E_SHOFF, headers).setShort(ElfImage.E_SHNUM, sections);
    GuestProgram program = new GuestProgram(image.toByteArray());
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(30), () -> assertThat(program.symbolAt(addressOfAdd())).isNotNull());
  }
}

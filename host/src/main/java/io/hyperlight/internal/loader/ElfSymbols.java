package io.hyperlight.internal.loader;

import java.util.Optional;

/**
 * Finds names for code addresses in a program's symbol table. It is read only after a failure. A
 * file whose section headers are missing or make no sense has no names.
 *
 * <p><b>Boundary.</b> The file is hostile, and its guest can fault as often as it likes. Each fault
 * makes the host read the table. So the host keeps nothing of the table, and makes one pass over a
 * bounded number of symbols. Names end up in messages and logs, so only plain names count.
 */
final class ElfSymbols {
  private static final int SHT_SYMTAB = 2;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;
  private static final int STT_NOTYPE = 0;
  private static final int STT_FUNC = 2;
  private static final int LONGEST_NAME = 1024;
  private static final int MAX_SYMBOLS = 1 << 20;

  private final FileBytes file;
  private final long loadBias;

  /**
   * Makes a reader for the names in a file.
   *
   * @param loadBias what loading added to the file's addresses
   */
  ElfSymbols(byte[] contents, long loadBias) {
    file = new FileBytes(contents);
    this.loadBias = loadBias;
  }

  /**
   * Returns the nearest symbol at or below an address, as {@code name+0x12}, if the address may
   * belong to it.
   */
  Optional<String> nearest(long address) {
    try {
      return find(address - loadBias);
    } catch (GuestFormatException e) {
      // A program that is not sound would not have been loaded, so only its symbol table is
      // damaged.
      System.getLogger("io.hyperlight")
          .log(System.Logger.Level.DEBUG, "unreadable symbol table", e);
      return Optional.empty();
    }
  }

  /** Looks in the first symbol table. A file has one at most (gABI chapter 4, "Sections"). */
  private Optional<String> find(long address) {
    long headers = file.i64(40, "the ELF header");
    int count = file.u16(60, "the ELF header");
    for (int i = 0; i < count; i++) {
      long section = headers + (long) i * SECTION_HEADER_SIZE;
      if (file.i32(section + 4, "a section header") == SHT_SYMTAB) {
        long strings = headers + file.u32(section + 40, "a section header") * SECTION_HEADER_SIZE;
        return find(
            address,
            file.i64(section + 24, "a section header"),
            file.i64(section + 32, "a section header"),
            file.i64(strings + 24, "a section header"));
      }
    }
    return Optional.empty();
  }

  private Optional<String> find(long address, long table, long size, long strings) {
    long count = Math.min(size / SYMBOL_SIZE, MAX_SYMBOLS);
    long nearest = -1;
    long distance = Long.MAX_VALUE;
    for (long i = 0; i < count; i++) {
      long symbol = table + i * SYMBOL_SIZE;
      long behind = address - file.i64(symbol + 8, "a symbol");
      if (behind >= 0 && behind < distance && isCodeAt(symbol, behind)) {
        nearest = symbol;
        distance = behind;
      }
    }
    if (nearest < 0) {
      return Optional.empty();
    }
    String name =
        file.string(strings + file.u32(nearest, "a symbol"), LONGEST_NAME, "a symbol's name");
    if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return Optional.empty();
    }
    return Optional.of(distance == 0 ? name : name + "+0x" + Long.toHexString(distance));
  }

  /**
   * Returns whether a symbol is a function or a label that may reach so far. A size of 0 means that
   * the size is not known.
   */
  private boolean isCodeAt(long symbol, long behind) {
    int type = file.u8(symbol + 4, "a symbol") & 0xf;
    boolean defined = file.u16(symbol + 6, "a symbol") != 0;
    long size = file.i64(symbol + 16, "a symbol");
    boolean named = file.i32(symbol, "a symbol") != 0;
    return named
        && defined
        && (type == STT_FUNC || type == STT_NOTYPE)
        && (size == 0 || Long.compareUnsigned(behind, size) < 0);
  }
}

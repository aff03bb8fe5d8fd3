package io.hyperlight.internal.loader;

import java.util.Optional;

/**
 * Names for code addresses, from a program's symbol table; read only when something went wrong. A
 * file whose section headers are missing or make no sense simply has no names.
 *
 * <p><b>Boundary.</b> The file is hostile, and this runs after its guest has faulted as often as
 * the guest likes. So nothing of the table is kept, one pass over a bounded number of symbols is
 * all, and what is no plain name is none: it ends up in messages and logs.
 */
final class ElfSymbols {
  private static final int SHT_SYMTAB = 2;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;
  private static final int STT_NOTYPE = 0;
  private static final int STT_FUNC = 2;
  private static final int LONGEST_NAME = 1024;
  private static final int MOST_SYMBOLS = 1 << 20;

  private final FileBytes file;
  private final long loadBias;

  /**
   * The names in a file.
   *
   * @param loadBias what loading added to the file's addresses
   */
  ElfSymbols(byte[] contents, long loadBias) {
    file = new FileBytes(contents);
    this.loadBias = loadBias;
  }

  /** The nearest symbol at or below an address that it may belong to, as {@code name+0x12}. */
  Optional<String> nearest(long address) {
    try {
      return find(address - loadBias);
    } catch (GuestFormatException e) {
      // The program itself is sound, or it would not have been loaded.
      System.getLogger("io.hyperlight")
          .log(System.Logger.Level.DEBUG, "unreadable symbol table", e);
      return Optional.empty();
    }
  }

  /** There is one symbol table at most (gABI chapter 4, "Sections"): the first one counts. */
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
    long count = Math.min(size / SYMBOL_SIZE, MOST_SYMBOLS);
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

  /** Whether it is a function or a label, and may reach so far; a size of 0 is not known. */
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

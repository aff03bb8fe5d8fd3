package io.hyperlight.guest;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Names for code addresses, from a program's symbol table; read only when something went wrong. A
 * file whose section headers are missing or make no sense simply has no names.
 */
final class ElfSymbols {
  private static final int SHT_SYMTAB = 2;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;
  private static final int STT_NOTYPE = 0;
  private static final int STT_FUNC = 2;
  private static final int LONGEST_NAME = 4096;
  private static final int MOST_SYMBOLS = 1 << 20;

  private record Symbol(String name, long size) {}

  private final TreeMap<Long, Symbol> byAddress = new TreeMap<>();

  /**
   * Reads the names.
   *
   * @param loadBias what loading added to the file's addresses
   */
  ElfSymbols(byte[] contents, long loadBias) {
    try {
      read(new FileBytes(contents), loadBias);
    } catch (GuestFormatException e) {
      // The program itself is sound, or it would not have been loaded. Names read so far are as
      // good as any.
      System.getLogger("io.hyperlight")
          .log(System.Logger.Level.DEBUG, "unreadable symbol table", e);
    }
  }

  private void read(FileBytes file, long loadBias) {
    long table = file.i64(40, "the ELF header");
    int count = file.u16(60, "the ELF header");
    for (int i = 0; i < count; i++) {
      long section = table + (long) i * SECTION_HEADER_SIZE;
      if (file.i32(section + 4, "a section header") == SHT_SYMTAB) {
        long strings = table + file.u32(section + 40, "a section header") * SECTION_HEADER_SIZE;
        readTable(
            file,
            file.i64(section + 24, "a section header"),
            file.i64(section + 32, "a section header"),
            file.i64(strings + 24, "a section header"),
            loadBias);
      }
    }
  }

  private void readTable(FileBytes file, long offset, long size, long strings, long loadBias) {
    long count = Math.min(size / SYMBOL_SIZE, MOST_SYMBOLS);
    for (long i = 0; i < count; i++) {
      long at = offset + i * SYMBOL_SIZE;
      int type = file.u8(at + 4, "a symbol") & 0xf;
      boolean defined = file.u16(at + 6, "a symbol") != 0;
      if (defined && (type == STT_FUNC || type == STT_NOTYPE)) {
        String name =
            file.string(strings + file.u32(at, "a symbol"), LONGEST_NAME, "a symbol's name");
        if (!name.isEmpty()) {
          byAddress.put(
              file.i64(at + 8, "a symbol") + loadBias,
              new Symbol(name, file.i64(at + 16, "a symbol")));
        }
      }
    }
  }

  /** The nearest symbol at or below an address that may belong to it, as {@code name+0x12}. */
  Optional<String> nearest(long address) {
    Map.Entry<Long, Symbol> entry = byAddress.floorEntry(address);
    if (entry == null) {
      return Optional.empty();
    }
    long distance = address - entry.getKey();
    Symbol symbol = entry.getValue();
    if (symbol.size != 0 && distance >= symbol.size) {
      return Optional.empty();
    }
    return Optional.of(
        distance == 0 ? symbol.name : symbol.name + "+0x" + Long.toHexString(distance));
  }
}

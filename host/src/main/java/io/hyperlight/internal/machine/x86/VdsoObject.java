package io.hyperlight.internal.machine.x86;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.internal.abi.GuestAbi;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The vDSO as an ELF shared object of one page, which C libraries and the Go runtime look up
 * symbols in (System V ABI, "Dynamic Linking"; Linux Standard Base, "Symbol Versioning" and "Eh
 * Frame Header").
 *
 * <p>Each function has the name that Linux gives it, as a weak symbol too without its prefix, with
 * the version {@code LINUX_2.6}. There are both kinds of hash tables, since libraries need one or
 * the other. The unwinding table says that no function moves the stack.
 */
public final class VdsoObject {
  private static final String NAME = "linux-vdso.so.1";
  private static final String VERSION = "LINUX_2.6";

  private static final int HEADER_SIZE = 64;
  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int SYMBOL_SIZE = 24;

  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_GNU_EH_FRAME = 0x6474_e550;
  private static final int READ = 4;
  private static final int READ_EXECUTE = 5;

  private static final int DT_NULL = 0;
  private static final int DT_HASH = 4;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_STRSZ = 10;
  private static final int DT_SYMENT = 11;
  private static final int DT_SONAME = 14;
  private static final int DT_GNU_HASH = 0x6fff_fef5;
  private static final int DT_VERSYM = 0x6fff_fff0;
  private static final int DT_VERDEF = 0x6fff_fffc;
  private static final int DT_VERDEFNUM = 0x6fff_fffd;

  private static final int GLOBAL_FUNCTION = 0x12;
  private static final int WEAK_FUNCTION = 0x22;

  private static final int BLOOM_SHIFT = 6;

  /** The functions begin at multiples of this. */
  private static final int ALIGNMENT = 16;

  /** The names of {@link #functions}. */
  private static final List<String> NAMES =
      List.of("clock_gettime", "gettimeofday", "time", "clock_getres", "getcpu");

  /** The object never changes. */
  private static final byte[] BYTES = new VdsoObject().build();

  private record Symbol(String name, int info, int offset, int size) {}

  private final ByteBuffer image =
      ByteBuffer.allocate(GuestAbi.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Symbol> symbols = new ArrayList<>();
  private final StringBuilder strings = new StringBuilder("\0");

  private VdsoObject() {}

  /** Returns the bytes of the page. */
  public static byte[] bytes() {
    return BYTES.clone();
  }

  /** Returns the functions, as they are for an offset in their page. */
  public static List<IntFunction<MachineCode>> functions() {
    return List.of(
        VdsoCode::clockGettime,
        VdsoCode::gettimeofday,
        VdsoCode::time,
        _ -> VdsoCode.clockGetres(),
        VdsoCode::getcpu);
  }

  private byte[] build() {
    // From the end: the code is last, and the tables before it have its addresses.
    int text = GuestAbi.PAGE_SIZE - textSize();
    image.position(text);
    for (int i = 0; i < NAMES.size(); i++) {
      int offset = image.position();
      MachineCode code = functions().get(i).apply(offset);
      image.put(code.toByteArray());
      symbols.add(new Symbol("__vdso_" + NAMES.get(i), GLOBAL_FUNCTION, offset, code.size()));
      symbols.add(new Symbol(NAMES.get(i), WEAK_FUNCTION, offset, code.size()));
      align(ALIGNMENT);
    }
    image.position(HEADER_SIZE + 3 * PROGRAM_HEADER_SIZE);
    int hash = hash();
    int gnuHash = gnuHash();
    int symbolTable = symbolTable();
    int versions = versions();
    int definitions = definitions();
    int soname = string(NAME);
    int stringTable = image.position();
    image.put(strings.toString().getBytes(US_ASCII));
    align(8);
    int dynamic = image.position();
    long[] entries = {
      DT_SONAME, soname,
      DT_HASH, hash,
      DT_GNU_HASH, gnuHash,
      DT_STRTAB, stringTable,
      DT_SYMTAB, symbolTable,
      DT_STRSZ, strings.length(),
      DT_SYMENT, SYMBOL_SIZE,
      DT_VERSYM, versions,
      DT_VERDEF, definitions,
      DT_VERDEFNUM, 2,
      DT_NULL, 0
    };
    for (long entry : entries) {
      image.putLong(entry);
    }
    int dynamicEnd = image.position();
    int frameHeader = frames(text);
    int end = image.position();
    if (end > text) {
      throw new IllegalStateException("the tables of the vDSO end at 0x%x".formatted(end));
    }
    image.position(0);
    header();
    programHeader(PT_LOAD, READ_EXECUTE, 0, GuestAbi.PAGE_SIZE, GuestAbi.PAGE_SIZE);
    programHeader(PT_DYNAMIC, READ, dynamic, dynamicEnd, 8);
    programHeader(PT_GNU_EH_FRAME, READ, frameHeader, end, 4);
    return image.array();
  }

  private static int textSize() {
    int size = 0;
    for (IntFunction<MachineCode> function : functions()) {
      size += (function.apply(0).size() + ALIGNMENT - 1) & -ALIGNMENT;
    }
    return size;
  }

  private void align(int alignment) {
    image.position((image.position() + alignment - 1) & -alignment);
  }

  private int string(String text) {
    int found = strings.indexOf("\0" + text + "\0");
    if (found >= 0) {
      return found + 1;
    }
    int at = strings.length();
    strings.append(text).append('\0');
    return at;
  }

  /** Writes a hash table with one bucket, in which all symbols follow one another. */
  private int hash() {
    int at = image.position();
    image.putInt(1).putInt(symbols.size() + 1).putInt(1).putInt(0);
    for (int i = 1; i <= symbols.size(); i++) {
      image.putInt(i < symbols.size() ? i + 1 : 0);
    }
    align(8);
    return at;
  }

  private int gnuHash() {
    int at = image.position();
    image.putInt(1).putInt(1).putInt(1).putInt(BLOOM_SHIFT);
    long bloom = 0;
    for (Symbol symbol : symbols) {
      int hash = gnuHash(symbol.name());
      bloom |= 1L << hash | 1L << (hash >>> BLOOM_SHIFT);
    }
    image.putLong(bloom).putInt(1);
    for (int i = 0; i < symbols.size(); i++) {
      int hash = gnuHash(symbols.get(i).name());
      image.putInt(i < symbols.size() - 1 ? hash & ~1 : hash | 1);
    }
    align(8);
    return at;
  }

  private static int gnuHash(String name) {
    int hash = 5381;
    for (int i = 0; i < name.length(); i++) {
      hash = 33 * hash + name.charAt(i);
    }
    return hash;
  }

  /** The hash function of the System V ABI. Versions have it, too. */
  private static int elfHash(String name) {
    int hash = 0;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash << 4) + name.charAt(i);
      int high = hash & 0xf000_0000;
      hash = (hash ^ high >>> 24) & ~high;
    }
    return hash;
  }

  private int symbolTable() {
    int at = image.position();
    image.position(at + SYMBOL_SIZE);
    for (Symbol symbol : symbols) {
      image
          .putInt(string(symbol.name()))
          .put((byte) symbol.info())
          .put((byte) 0)
          .putShort((short) 1) // a section, not that there are any
          .putLong(symbol.offset())
          .putLong(symbol.size());
    }
    return at;
  }

  /** Writes the version of each symbol: the second one that is defined. */
  private int versions() {
    int at = image.position();
    image.putShort((short) 0);
    symbols.forEach(_ -> image.putShort((short) 2));
    align(8);
    return at;
  }

  private int definitions() {
    int at = image.position();
    definition(1, NAME, 28);
    definition(2, VERSION, 0);
    return at;
  }

  private void definition(int index, String name, int next) {
    image
        .putShort((short) 1)
        .putShort((short) (index == 1 ? 1 : 0)) // the first one names the object
        .putShort((short) index)
        .putShort((short) 1)
        .putInt(elfHash(name))
        .putInt(20)
        .putInt(next)
        .putInt(string(name))
        .putInt(0);
  }

  /**
   * Writes the unwinding tables. At every instruction, the return address is on top of the stack.
   */
  private int frames(int text) {
    int header = image.position();
    int frames = header + 20;
    int description = frames + 24;
    image.put(new byte[] {1, 0x1b, 0x03, 0x3b}); // relative to this place; counts; to the header
    image.putInt(frames - image.position());
    image.putInt(1).putInt(text - header).putInt(description - header);
    // The common part: return address in column 16, and the stack is 8 bytes above it.
    image.putInt(20).putInt(0);
    image.put(new byte[] {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, (byte) 0x90, 1, 0, 0});
    image.putInt(20).putInt(image.position() - frames);
    image.putInt(text - image.position()).putInt(GuestAbi.PAGE_SIZE - text);
    image.putLong(0);
    image.putInt(0);
    return header;
  }

  private void header() {
    image
        .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
        .putShort((short) 3) // ET_DYN
        .putShort((short) 62) // EM_X86_64
        .putInt(1)
        .putLong(0)
        .putLong(HEADER_SIZE)
        .putLong(0)
        .putInt(0)
        .putShort((short) HEADER_SIZE)
        .putShort((short) PROGRAM_HEADER_SIZE)
        .putShort((short) 3)
        .putShort((short) HEADER_SIZE)
        .putShort((short) 0)
        .putShort((short) 0);
  }

  private void programHeader(int type, int flags, int start, int end, int alignment) {
    image
        .putInt(type)
        .putInt(flags)
        .putLong(start)
        .putLong(start)
        .putLong(start)
        .putLong(end - start)
        .putLong(end - start)
        .putLong(alignment);
  }
}

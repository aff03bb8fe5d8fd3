package io.hyperlight.internal.loader;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.internal.abi.FunctionEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Sound ELF files of a few hundred bytes. They contain everything that a parser looks at, so that a
 * fuzzer's changes hit something. Each has a segment with code and one with data. The data begins
 * with what the other program headers name.
 */
public final class SmallElf {
  private static final int ET_EXEC = 2;
  private static final int ET_DYN = 3;
  private static final int HEADER_SIZE = 64;
  private static final int CODE_SIZE = 16;

  /** The offset of the data in the file: behind the headers and the code. */
  static final int DATA = 0x200;

  private static final long EXECUTABLE_BASE = 0x40_0000;

  /** The data segment's addresses are one page higher than its offsets. */
  private static final int PAGE = 4096;

  private static final int INTERPRETER = 0;
  private static final int DYNAMIC = 0x10;
  private static final int RELOCATIONS = 0x70;
  private static final int POINTER = 0xa0;
  static final int NOTE = 0xb0;
  static final int NOTE_SIZE = 64;
  static final int TABLE = NOTE + NOTE_SIZE;

  /** The path of an interpreter, relative to the root. */
  public static final String INTERPRETER_PATH = "lib/ld";

  private final ByteBuffer file;
  private final List<Integer> fields = new ArrayList<>();
  private final long base;
  private int headers;

  private SmallElf(int type, int dataSize) {
    base = type == ET_EXEC ? EXECUTABLE_BASE : 0;
    file = ByteBuffer.allocate(DATA + dataSize).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(0, 0x0001_0102_464c_457fL);
    file.putShort(16, (short) type).putShort(18, (short) 62).putInt(20, 1);
    file.putLong(24, base + DATA - CODE_SIZE).putLong(32, HEADER_SIZE);
    file.putShort(52, (short) HEADER_SIZE).putShort(54, (short) 56);
    for (int at = 4; at < HEADER_SIZE; at += 2) {
      fields.add(at);
    }
    file.put(DATA - 1, (byte) 0xc3);
    header(1, 5, 0, DATA, DATA);
    header(1, 6, DATA, dataSize, 2 * PAGE);
  }

  private void header(int type, int flags, int offset, int size, int memorySize) {
    int at = HEADER_SIZE + headers * 56;
    long address = base + offset + (offset >= DATA ? PAGE : 0);
    file.putInt(at, type).putInt(at + 4, flags).putLong(at + 8, offset);
    file.putLong(at + 16, address).putLong(at + 24, address);
    file.putLong(at + 32, size).putLong(at + 40, memorySize).putLong(at + 48, PAGE);
    file.putShort(56, (short) ++headers);
    for (int field = 0; field < 56; field += 4) {
      fields.add(at + field);
    }
  }

  /** Returns a guest with a table of two functions, linked to a fixed address. */
  public static SmallElf guest() {
    return guest(ET_EXEC, twoFunctions(EXECUTABLE_BASE), 2 * FunctionEntry.SIZE);
  }

  /** Returns the same guest with relocations. */
  public static SmallElf relocatableGuest() {
    SmallElf elf = guest(ET_DYN, twoFunctions(0), 2 * FunctionEntry.SIZE);
    elf.addDynamicSection();
    return elf;
  }

  /**
   * Returns a guest with another table.
   *
   * @param entriesSize how many bytes of the table are entries; names may follow
   */
  public static SmallElf guest(byte[] table, int entriesSize) {
    return guest(ET_EXEC, table, entriesSize);
  }

  private static SmallElf guest(int type, byte[] table, int entriesSize) {
    SmallElf elf = new SmallElf(type, TABLE + table.length);
    elf.header(4, 4, DATA + NOTE, NOTE_SIZE, NOTE_SIZE);
    int note = DATA + NOTE;
    elf.file.putInt(note, 11).putInt(note + 4, 40).putInt(note + 8, 1);
    elf.file.put(note + 12, "Hyperlight".getBytes(US_ASCII)).putInt(note + 24, 1);
    // Each field is relative to itself.
    elf.file.putLong(note + 32, NOTE_SIZE - 32).putLong(note + 40, NOTE_SIZE - 40 + entriesSize);
    elf.file.putLong(note + 48, 8); // no initialisers: they end where they begin
    elf.addFields(NOTE, NOTE_SIZE);
    elf.file.put(DATA + TABLE, table);
    elf.addFields(TABLE, Math.min(table.length - 8, 4 * FunctionEntry.SIZE));
    return elf;
  }

  /** Returns a whole program that names an interpreter. */
  public static SmallElf program() {
    SmallElf elf = new SmallElf(ET_DYN, TABLE);
    elf.file.put(DATA + INTERPRETER, ("/" + INTERPRETER_PATH).getBytes(US_ASCII));
    elf.header(3, 4, DATA + INTERPRETER, 8, 8);
    elf.addDynamicSection();
    return elf;
  }

  /** Returns an interpreter. It is also a whole program that needs none. */
  public static SmallElf interpreter() {
    SmallElf elf = new SmallElf(ET_DYN, TABLE);
    elf.addDynamicSection();
    return elf;
  }

  private void addDynamicSection() {
    header(2, 6, DATA + DYNAMIC, 0x50, 0x50);
    long[] entries = {
      7, base + DATA + PAGE + RELOCATIONS, 8, 48, 9, 24, 0x6fff_fffb, 0x0800_0000, 0, 0
    };
    for (int i = 0; i < entries.length; i++) {
      file.putLong(DATA + DYNAMIC + 8 * i, entries[i]);
    }
    file.putLong(DATA + RELOCATIONS, base + DATA + PAGE + POINTER);
    file.putLong(DATA + RELOCATIONS + 8, 8).putLong(DATA + RELOCATIONS + 16, 0x1000);
    addFields(DYNAMIC, RELOCATIONS + 48 - DYNAMIC);
  }

  private void addFields(int from, int size) {
    for (int at = from; at < from + size; at += 4) {
      fields.add(DATA + at);
    }
  }

  /** Returns the address of an offset in the table of {@link #guest(byte[], int)}. */
  static long addressInTable(int offset) {
    return EXECUTABLE_BASE + DATA + PAGE + TABLE + offset;
  }

  /** Returns the address of its code. */
  static long codeAddress() {
    return EXECUTABLE_BASE + DATA - 1;
  }

  private static byte[] twoFunctions(long base) {
    long names = base + DATA + PAGE + TABLE + 2 * FunctionEntry.SIZE;
    ByteBuffer table = ByteBuffer.allocate(0x90).order(ByteOrder.LITTLE_ENDIAN);
    table.putLong(0, 0x02_0501).putShort(8, (short) 0x0c04);
    table.putLong(FunctionEntry.NAME, names).putLong(FunctionEntry.ADDRESS, base + DATA - 1);
    int second = FunctionEntry.SIZE;
    table.putLong(second, 0x01_0002).put(second + 8, (byte) 0x0d);
    table.putLong(second + FunctionEntry.NAME, names + 2);
    table.put(2 * second, "f\0ask".getBytes(US_ASCII));
    return table.array();
  }

  public byte[] bytes() {
    byte[] bytes = new byte[file.capacity()];
    file.get(0, bytes);
    return bytes;
  }

  /** Returns the offsets of its numbers. */
  public List<Integer> fields() {
    return fields;
  }
}

package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.FunctionEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of a guest for tests to spoil. It finds fields by their names in the gABI. */
public final class ElfImage {
  static final int PT_LOAD = 1;
  static final int PT_DYNAMIC = 2;
  static final int PT_NOTE = 4;

  // Fields of the ELF header, and their sizes.
  static final int E_CLASS = 4;
  static final int E_DATA = 5;
  static final int E_VERSION = 6;
  static final int E_TYPE = 16;
  static final int E_MACHINE = 18;
  static final int E_ENTRY = 24;
  static final int E_PHOFF = 32;
  public static final int E_SHOFF = 40;
  static final int E_PHENTSIZE = 54;
  static final int E_PHNUM = 56;
  static final int E_SHNUM = 60;

  // Fields of a program header.
  static final int P_TYPE = 0;
  static final int P_FLAGS = 4;
  static final int P_OFFSET = 8;
  static final int P_VADDR = 16;
  static final int P_FILESZ = 32;
  static final int P_MEMSZ = 40;
  public static final int PROGRAM_HEADER_SIZE = 56;

  public static final int DT_RELA = 7;
  static final int DT_FLAGS_1 = 0x6fff_fffb;

  /** The offset of the ABI note's description from the start of the note: header, name, padding. */
  private static final int NOTE_DESCRIPTION = 12 + 12;

  private final ByteBuffer bytes;

  ElfImage(byte[] file) {
    bytes = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
  }

  static ElfImage of(Path file) {
    try {
      return new ElfImage(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public byte[] toByteArray() {
    return bytes.array().clone();
  }

  int size() {
    return bytes.capacity();
  }

  /** Returns a copy with more bytes at the end. */
  ElfImage extendedBy(int count) {
    return new ElfImage(ByteBuffer.allocate(size() + count).put(bytes.array()).array());
  }

  ElfImage setByte(long at, int value) {
    bytes.put((int) at, (byte) value);
    return this;
  }

  ElfImage setShort(long at, int value) {
    bytes.putShort((int) at, (short) value);
    return this;
  }

  ElfImage setInt(long at, int value) {
    bytes.putInt((int) at, value);
    return this;
  }

  ElfImage setLong(long at, long value) {
    bytes.putLong((int) at, value);
    return this;
  }

  ElfImage setText(long at, String text) {
    byte[] encoded = (text + "\0").getBytes(StandardCharsets.UTF_8);
    bytes.put((int) at, encoded);
    return this;
  }

  int getInt(long at) {
    return bytes.getInt((int) at);
  }

  public long getLong(long at) {
    return bytes.getLong((int) at);
  }

  public int programHeaderCount() {
    return bytes.getShort(E_PHNUM);
  }

  /** Returns the offset of the nth program header. */
  public long programHeader(int index) {
    return getLong(E_PHOFF) + (long) index * PROGRAM_HEADER_SIZE;
  }

  /** Returns the offset of the nth program header of a type. */
  public long programHeader(int type, int nth) {
    for (int i = 0; i < programHeaderCount(); i++) {
      if (getInt(programHeader(i) + P_TYPE) == type && nth-- == 0) {
        return programHeader(i);
      }
    }
    throw new AssertionError("no such program header");
  }

  /** Returns the first loadable segment with exactly these flags. */
  long segment(int flags) {
    for (int i = 0; ; i++) {
      long header = programHeader(PT_LOAD, i);
      if ((getInt(header + P_FLAGS) & 7) == flags) {
        return header;
      }
    }
  }

  /** Returns the offset of an entry of the dynamic section. */
  public long dynamicEntry(int tag) {
    long at = getLong(programHeader(PT_DYNAMIC, 0) + P_OFFSET);
    while (getLong(at) != tag) {
      at += 16;
    }
    return at;
  }

  /** Returns the offset in the file of what will be at an address (load bias not included). */
  public long offsetOf(long address) {
    for (int i = 0; i < programHeaderCount(); i++) {
      long header = programHeader(i);
      long inSegment = address - getLong(header + P_VADDR);
      if (getInt(header) == PT_LOAD && inSegment >= 0 && inSegment < getLong(header + P_FILESZ)) {
        return getLong(header + P_OFFSET) + inSegment;
      }
    }
    throw new AssertionError("no such address");
  }

  /** Returns the offset of the ABI note's description. */
  public long abiNote() {
    return getLong(programHeader(PT_NOTE, 0) + P_OFFSET) + NOTE_DESCRIPTION;
  }

  /** Returns the address of the function table. The note's field is relative to itself. */
  long functionTableAddress() {
    return getLong(programHeader(PT_NOTE, 0) + P_VADDR)
        + NOTE_DESCRIPTION
        + 8
        + getLong(abiNote() + 8);
  }

  /** Returns the address (load bias not included) of a function's entry in the table. */
  long functionAddress(String name) {
    for (long at = functionTableAddress(); ; at += FunctionEntry.SIZE) {
      if (textAt(offsetOf(relocated(at + FunctionEntry.NAME))).equals(name)) {
        return at;
      }
    }
  }

  /** Returns the offset of a function's entry in the table. */
  public long function(String name) {
    return offsetOf(functionAddress(name));
  }

  /** Returns the offset of a function's name. */
  long functionName(String name) {
    return offsetOf(relocated(functionAddress(name) + FunctionEntry.NAME));
  }

  private String textAt(long at) {
    int end = (int) at;
    while (bytes.get(end) != 0) {
      end++;
    }
    return new String(bytes.array(), (int) at, end - (int) at, StandardCharsets.UTF_8);
  }

  /**
   * Returns the value that relocation stores in a word, by the word's address (load bias not
   * included).
   */
  long relocated(long address) {
    return getLong(relocationOf(address) + 16);
  }

  /** Makes relocation store another value there. */
  ElfImage setRelocated(long address, long value) {
    return setLong(relocationOf(address) + 16, value);
  }

  /** Returns the offset of the relocation of a word, by the word's address. */
  long relocationOf(long address) {
    long at = offsetOf(getLong(dynamicEntry(DT_RELA) + 8));
    while (getLong(at) != address) {
      at += 24;
    }
    return at;
  }
}

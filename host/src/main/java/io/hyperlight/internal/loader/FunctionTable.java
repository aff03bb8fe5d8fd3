package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.AbiNote;
import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.Signature;
import io.hyperlight.internal.abi.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a guest says about itself: the ABI note, and the function table to which the note points. It
 * is read before the guest runs its first instruction. The format is in docs/guest-abi.md.
 *
 * @param exports by name, in the order of names
 * @param imports by number, which is the position in the table; null for the number of an export
 * @param hasInitialisers whether the entry point has to be called before anything else
 * @param startsItself whether the entry point is that of an ordinary program; the host starts it as
 *     one, and it says when calls may come
 */
public record FunctionTable(
    Map<String, Export> exports,
    List<@Nullable Declaration> imports,
    boolean hasInitialisers,
    boolean startsItself) {
  /** An exported function and its address. */
  public record Export(Declaration declaration, long address) {}

  /** The table of a program that runs from start to end. */
  static final FunctionTable NONE = new FunctionTable(Map.of(), List.of(), false, true);

  private static final int MAX_ENTRIES = 4096;
  private static final int LONGEST_NAME = 255;

  static FunctionTable read(ElfFile elf) {
    for (ElfFile.Note note : elf.notes()) {
      FunctionTable table = readNotes(elf, note);
      if (table != null) {
        return table;
      }
    }
    throw new GuestFormatException(
        "it has no Hyperlight ABI note: compile it with ./hyperlight cc, or link it with the guest"
            + " library");
  }

  /**
   * Notes are a name size, a description size and a type, and then name and description, each
   * padded to four bytes.
   */
  private static @Nullable FunctionTable readNotes(ElfFile elf, ElfFile.Note note) {
    FileBytes bytes = note.bytes();
    long at = 0;
    while (at + 12 <= bytes.size()) {
      long nameSize = bytes.u32(at, "a note");
      long size = bytes.u32(at + 4, "a note");
      int type = bytes.i32(at + 8, "a note");
      long description = at + 12 + align(nameSize);
      if (nameSize == AbiNote.NAME.length() + 1
          && bytes.string(at + 12, AbiNote.NAME.length(), "a note's name").equals(AbiNote.NAME)
          && type == AbiNote.TYPE) {
        return readNote(
            elf,
            note.address() + description,
            new FileBytes(bytes.copy(description, size, "the ABI note")));
      }
      at = description + align(size);
    }
    return null;
  }

  private static long align(long size) {
    return (size + 3) & -4L;
  }

  private static FunctionTable readNote(ElfFile elf, long address, FileBytes note) {
    long version = note.u32(AbiNote.VERSION, "the ABI note");
    if (version != GuestAbi.VERSION) {
      throw new GuestFormatException(
          "it was built for guest ABI %d, and this library speaks %d: %s"
              .formatted(
                  version,
                  GuestAbi.VERSION,
                  version > GuestAbi.VERSION ? "update the library" : "compile the guest again"));
    }
    if (note.size() != AbiNote.SIZE) {
      throw new GuestFormatException(
          "its ABI note has %d bytes and not %d".formatted(note.size(), AbiNote.SIZE));
    }
    long flags = note.u32(AbiNote.FLAGS, "the ABI note");
    if ((flags & ~AbiNote.STARTS_ITSELF) != 0) {
      throw new GuestFormatException(
          "its ABI note has flags 0x%x, which this library does not know: update the library"
              .formatted(flags));
    }
    boolean startsItself = (flags & AbiNote.STARTS_ITSELF) != 0;
    String unsupported = elf.unsupportedRelocation();
    if (unsupported != null && !startsItself) {
      throw new GuestFormatException(unsupported);
    }
    long start = target(address, note, AbiNote.FUNCTIONS);
    long end = target(address, note, AbiNote.FUNCTIONS_END);
    long initialisers = target(address, note, AbiNote.INITIALISERS);
    long initialisersEnd = target(address, note, AbiNote.INITIALISERS_END);
    return readEntries(
        elf, start, end, !startsItself && initialisers != initialisersEnd, startsItself);
  }

  /** Returns what a field of the note points to. Each field is relative to its own address. */
  private static long target(long address, FileBytes note, int field) {
    return address + field + note.i64(field, "");
  }

  private static FunctionTable readEntries(
      ElfFile elf, long start, long end, boolean hasInitialisers, boolean startsItself) {
    ElfSegment segment = segmentOf(elf, start, "the function table");
    FileBytes contents = segment.contents();
    long count = (end - start) / FunctionEntry.SIZE;
    if (end < start || (end - start) % FunctionEntry.SIZE != 0 || count > MAX_ENTRIES) {
      throw new GuestFormatException(
          "its function table from 0x%x to 0x%x is not up to %d entries of %d bytes"
              .formatted(start, end, MAX_ENTRIES, FunctionEntry.SIZE));
    }
    FileBytes table =
        new FileBytes(contents.copy(start - segment.address(), end - start, "the function table"));
    Map<String, Export> exports = new TreeMap<>();
    List<@Nullable Declaration> imports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long at = (long) i * FunctionEntry.SIZE;
      String name = readName(elf, table.i64(at + FunctionEntry.NAME, ""));
      Declaration declaration = new Declaration(name, readSignature(table, at, name));
      switch (table.u8(at + FunctionEntry.KIND, "")) {
        case FunctionEntry.EXPORT -> {
          long address = readCodeAddress(elf, table.i64(at + FunctionEntry.ADDRESS, ""), name);
          if (exports.put(name, new Export(declaration, address)) != null) {
            throw new GuestFormatException("it exports two functions named " + name);
          }
          imports.add(null);
        }
        case FunctionEntry.IMPORT -> imports.add(declaration);
        default ->
            throw new GuestFormatException(
                "entry %d of its function table is neither an export nor an import".formatted(i));
      }
    }
    return new FunctionTable(
        Collections.unmodifiableMap(exports),
        Collections.unmodifiableList(imports),
        hasInitialisers,
        startsItself);
  }

  private static ElfSegment segmentOf(ElfFile elf, long address, String what) {
    for (ElfSegment segment : elf.segments()) {
      if (segment.contains(address)) {
        return segment;
      }
    }
    throw new GuestFormatException(
        "%s is at 0x%x, which is in none of its segments".formatted(what, address));
  }

  private static Signature readSignature(FileBytes table, long at, String name) {
    ValueType result = readType(table.u8(at + FunctionEntry.RESULT, ""));
    int count = table.u8(at + FunctionEntry.PARAMETER_COUNT, "");
    if (count > Signature.MAX_PARAMETERS) {
      throw new GuestFormatException(
          "function %s has %d parameters, more than %d"
              .formatted(name, count, Signature.MAX_PARAMETERS));
    }
    List<ValueType> parameters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ValueType type = readType(table.u8(at + FunctionEntry.PARAMETERS + i, ""));
      if (type == ValueType.VOID) {
        throw new GuestFormatException("function " + name + " has a void parameter");
      }
      parameters.add(type);
    }
    return new Signature(result, parameters);
  }

  private static ValueType readType(int code) {
    ValueType type = ValueType.ofCode(code);
    if (type == null) {
      throw new GuestFormatException(
          "its function table has type code %d, which this library does not know".formatted(code));
    }
    return type;
  }

  private static String readName(ElfFile elf, long address) {
    ElfSegment segment = segmentOf(elf, address, "a function's name");
    String name =
        segment.contents().string(address - segment.address(), LONGEST_NAME, "a function's name");
    if (name.isEmpty() || !name.chars().allMatch(FunctionTable::isNameCharacter)) {
      throw new GuestFormatException("a function's name is empty or has odd characters in it");
    }
    return name;
  }

  /**
   * Returns whether a name may have this character. Names end up in messages and logs. So no
   * character is allowed that looks like another or changes the direction of writing.
   */
  private static boolean isNameCharacter(int c) {
    return c == '_' || c == '.' || c == ':' || (c < 0x80 && Character.isLetterOrDigit(c));
  }

  private static long readCodeAddress(ElfFile elf, long address, String name) {
    segmentOf(elf, address, "function " + name);
    if (!elf.isCode(address)) {
      throw new GuestFormatException(
          "function %s is at 0x%x, which is not code".formatted(name, address));
    }
    return address;
  }
}

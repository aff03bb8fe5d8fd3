package io.hyperlight.internal.loader;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads an ELF64 executable for x86-64. A guest is static, or static and position-independent: then
 * its relative relocations are applied. A whole program relocates itself, and may also name an
 * interpreter. That interpreter is read, too. Everything else is refused, with a message that says
 * what the file is. Source: the System V gABI, chapters 4 and 5, and its AMD64 supplement.
 *
 * <p><b>Boundary.</b> The file is hostile. {@link FileBytes} checks every offset. This class checks
 * every address and size.
 */
public final class ElfFile {
  /** The address of a program that can lie anywhere. */
  static final long POSITION_INDEPENDENT_BASE = 0x20_0000;

  /** More than any linker makes. The limit keeps a hostile header from costing time. */
  private static final int MAX_PROGRAM_HEADERS = 256;

  /** "#!". */
  private static final int SCRIPT = 0x2123;

  private static final int ET_REL = 1;
  private static final int ET_EXEC = 2;
  private static final int ET_DYN = 3;
  private static final int ET_CORE = 4;
  private static final int EM_X86_64 = 62;

  private static final int HEADER_SIZE = 64;
  private static final int PROGRAM_HEADER_SIZE = 56;

  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int PT_NOTE = 4;

  private static final int PF_X = 1;
  private static final int PF_W = 2;

  /** A program header. */
  private record ProgramHeader(
      int type, int flags, long offset, long address, long fileSize, long memorySize) {}

  /**
   * A note segment.
   *
   * @param address in memory, load bias included
   */
  record Note(long address, FileBytes bytes) {}

  /** {@code PATH_MAX}. */
  private static final int LONGEST_PATH = 4096;

  private final FileBytes file;
  private final long loadBias;
  private @Nullable String interpreter;
  private final long entry;
  private final List<ElfSegment> segments;
  private final List<Note> notes;
  private final int programHeaderCount;
  private final long programHeaders;
  private @Nullable String unsupportedRelocation;

  /** The purpose for which a file is read. */
  private enum Role {
    GUEST,
    PROGRAM,
    INTERPRETER
  }

  private ElfFile(byte[] contents, Role role, long base) {
    file = new FileBytes(contents);
    int type = checkHeader();
    if (role == Role.INTERPRETER && type != ET_DYN) {
      throw new GuestFormatException("not position-independent, which an interpreter has to be");
    }
    loadBias = type == ET_DYN ? base : 0;
    List<ProgramHeader> headers = programHeaders();
    interpreter = interpreter(headers);
    if (interpreter != null && role != Role.PROGRAM) {
      throw new GuestFormatException(
          role == Role.GUEST
              ? "a dynamically linked program: link it with -static"
              : "a program that needs an interpreter itself");
    }
    ElfDynamicSection dynamic = role == Role.GUEST ? dynamicSection(type, headers) : null;
    segments = load(headers);
    if (dynamic != null) {
      dynamic.applyRelativeRelocations(segments, loadBias);
      unsupportedRelocation = dynamic.unsupportedRelocation();
    }
    entry = file.i64(24, "the entry point") + loadBias;
    if (!isCode(entry)) {
      throw new GuestFormatException("its entry point 0x%x is not in its code".formatted(entry));
    }
    notes = readNotes(headers);
    programHeaderCount = headers.size();
    programHeaders = findProgramHeaders(headers);
  }

  /**
   * Parses a guest: a program with functions to call.
   *
   * @throws GuestFormatException if it is not such an executable; the message says what it is
   */
  public static ElfFile guest(byte[] contents) {
    return new ElfFile(contents, Role.GUEST, POSITION_INDEPENDENT_BASE);
  }

  /**
   * Parses a whole program, static or dynamic.
   *
   * @throws GuestFormatException if it is not a program; the message says what it is
   */
  public static ElfFile program(byte[] contents) {
    return new ElfFile(contents, Role.PROGRAM, POSITION_INDEPENDENT_BASE);
  }

  /**
   * Parses the interpreter that loads a dynamic program.
   *
   * @param base where it is to lie, page-aligned
   * @throws GuestFormatException if it cannot be an interpreter; the message says what it is
   */
  public static ElfFile interpreter(byte[] contents, long base) {
    return new ElfFile(contents, Role.INTERPRETER, base);
  }

  /** Returns the path of the interpreter that the program names, or null if it needs none. */
  public @Nullable String interpreter() {
    return interpreter;
  }

  private @Nullable String interpreter(List<ProgramHeader> headers) {
    for (ProgramHeader header : headers) {
      if (header.type == PT_INTERP) {
        return new FileBytes(file.copy(header.offset, header.fileSize, "the interpreter's name"))
            .string(0, LONGEST_PATH, "the interpreter's name");
      }
    }
    return null;
  }

  /** Returns the address of the program headers in memory, or 0 if no segment has them. */
  private long findProgramHeaders(List<ProgramHeader> headers) {
    long offset = file.i64(32, "the ELF header");
    for (ProgramHeader header : headers) {
      if (header.type == PT_LOAD
          && offset >= header.offset
          && offset - header.offset < header.fileSize) {
        return header.address + (offset - header.offset) + loadBias;
      }
    }
    return 0;
  }

  /** Returns the address of the program headers in memory, or 0 if they are not there. */
  long programHeadersAddress() {
    return programHeaders;
  }

  int programHeaderCount() {
    return programHeaderCount;
  }

  /** Returns what is wrong if it has a relocation that the host does not apply, else null. */
  @Nullable String unsupportedRelocation() {
    return unsupportedRelocation;
  }

  /** Returns the loadable segments, relocated, in ascending order. No two share a page. */
  public List<ElfSegment> segments() {
    return segments;
  }

  List<Note> notes() {
    return notes;
  }

  /** Returns whether an address lies in an executable segment. */
  boolean isCode(long address) {
    return segments.stream()
        .anyMatch(s -> s.protection() == Protection.READ_EXECUTE && s.contains(address));
  }

  /** Returns the entry point, which is in the program's code. */
  public long entry() {
    return entry;
  }

  /** Returns the number that was added to the file's addresses. */
  long loadBias() {
    return loadBias;
  }

  private int checkHeader() {
    if (file.size() >= 2 && file.u16(0, "the magic number") == SCRIPT) {
      throw new GuestFormatException(
          "a script, not an ELF file: run the interpreter in its first line, with it as an"
              + " argument");
    }
    if (file.size() < 4 || file.i32(0, "the magic number") != 0x464c_457f) {
      throw new GuestFormatException(
          "not an ELF file: a guest is a program compiled for Linux on x86-64");
    }
    int elfClass = file.u8(4, "the ELF header");
    if (elfClass != 2) {
      throw new GuestFormatException(
          elfClass == 1 ? "a 32-bit program: compile it for x86-64" : "of an unknown ELF class");
    }
    if (file.u8(5, "the ELF header") != 1 || file.u8(6, "the ELF header") != 1) {
      throw new GuestFormatException("not a little-endian ELF file of version 1");
    }
    file.copy(0, HEADER_SIZE, "the ELF header");
    int machine = file.u16(18, "the ELF header");
    if (machine != EM_X86_64) {
      throw new GuestFormatException(
          "for another processor (ELF machine " + machine + "): compile it for x86-64");
    }
    int type = file.u16(16, "the ELF header");
    switch (type) {
      case ET_EXEC, ET_DYN -> {}
      case ET_REL -> throw new GuestFormatException("an object file: link it to a program");
      case ET_CORE -> throw new GuestFormatException("a core dump, not a program");
      default -> throw new GuestFormatException("of unknown ELF type " + type);
    }
    return type;
  }

  private List<ProgramHeader> programHeaders() {
    long offset = file.i64(32, "the ELF header");
    int size = file.u16(54, "the ELF header");
    int count = file.u16(56, "the ELF header");
    if (size != PROGRAM_HEADER_SIZE || count == 0 || count > MAX_PROGRAM_HEADERS) {
      throw new GuestFormatException(
          "its %d program headers of %d bytes make no program".formatted(count, size));
    }
    List<ProgramHeader> headers = new ArrayList<>();
    FileBytes table =
        new FileBytes(file.copy(offset, (long) count * size, "the program header table"));
    for (int i = 0; i < count; i++) {
      long at = (long) i * size;
      headers.add(
          new ProgramHeader(
              table.i32(at, ""),
              table.i32(at + 4, ""),
              table.i64(at + 8, ""),
              table.i64(at + 16, ""),
              table.i64(at + 32, ""),
              table.i64(at + 40, "")));
    }
    return headers;
  }

  private @Nullable ElfDynamicSection dynamicSection(int type, List<ProgramHeader> headers) {
    ElfDynamicSection dynamic = null;
    for (ProgramHeader header : headers) {
      if (header.type == PT_DYNAMIC) {
        if (dynamic != null) {
          throw new GuestFormatException("it has two dynamic sections");
        }
        dynamic =
            ElfDynamicSection.parse(
                new FileBytes(file.copy(header.offset, header.fileSize, "the dynamic section")));
      }
    }
    if (type == ET_DYN && (dynamic == null || !dynamic.isExecutable())) {
      throw new GuestFormatException(
          "a shared library, not a program: link it with -static-pie or -static");
    }
    return dynamic;
  }

  private List<ElfSegment> load(List<ProgramHeader> headers) {
    List<ElfSegment> loaded = new ArrayList<>();
    long taken = 0;
    for (ProgramHeader header : headers) {
      if (header.type == PT_LOAD && header.memorySize != 0) {
        loaded.add(loadSegment(header));
        taken = requireOwnBytes(taken, header);
      }
    }
    if (loaded.isEmpty()) {
      throw new GuestFormatException("it has no loadable segment");
    }
    loaded.sort(Comparator.comparingLong(ElfSegment::address));
    for (int i = 1; i < loaded.size(); i++) {
      ElfSegment before = loaded.get(i - 1);
      ElfSegment here = loaded.get(i);
      if (before.pageEnd() > here.pageStart()) {
        throw new GuestFormatException(
            "its segments at 0x%x and 0x%x overlap or share a page"
                .formatted(before.address(), here.address()));
      }
    }
    return loaded;
  }

  private List<Note> readNotes(List<ProgramHeader> headers) {
    List<Note> read = new ArrayList<>();
    long taken = 0;
    for (ProgramHeader header : headers) {
      if (header.type == PT_NOTE) {
        FileBytes bytes =
            new FileBytes(file.copy(header.offset, header.fileSize, "a note segment"));
        read.add(new Note(header.address + loadBias, bytes));
        taken = requireOwnBytes(taken, header);
      }
    }
    return read;
  }

  /**
   * Checks that segments of one kind share no bytes of the file. Otherwise a small file could
   * become large as many copies of its bytes.
   *
   * @param taken by the segments before, in bytes
   * @return what is taken with this one
   */
  private long requireOwnBytes(long taken, ProgramHeader header) {
    long sum = taken + header.fileSize;
    if (sum > file.size()) {
      throw new GuestFormatException("its segments overlap in the file");
    }
    return sum;
  }

  private ElfSegment loadSegment(ProgramHeader header) {
    // The limits allow all that a linker makes, and stay far from where sums overflow. Loading
    // checks the limits of the machine.
    if (header.address < 0
        || header.memorySize < 0
        || header.memorySize > AddressSpace.USER_END
        || header.address > AddressSpace.USER_END - header.memorySize - 2 * loadBias) {
      throw new GuestFormatException(
          "its segment at 0x%x of %s bytes is not within user space"
              .formatted(header.address, Long.toUnsignedString(header.memorySize)));
    }
    if (header.fileSize < 0 || header.fileSize > header.memorySize) {
      throw new GuestFormatException(
          "its segment at 0x%x is larger in the file than in memory".formatted(header.address));
    }
    boolean writable = (header.flags & PF_W) != 0;
    boolean executable = (header.flags & PF_X) != 0;
    if (writable && executable) {
      throw new GuestFormatException(
          "its segment at 0x%x is both writable and executable".formatted(header.address));
    }
    return new ElfSegment(
        header.address + loadBias,
        header.memorySize,
        executable ? Protection.READ_EXECUTE : writable ? Protection.READ_WRITE : Protection.READ,
        new FileBytes(
            file.copy(
                header.offset, header.fileSize, "the segment at 0x%x".formatted(header.address))),
        header.offset);
  }
}

package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.Signature;
import io.hyperlight.internal.abi.ValueType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A program, parsed and checked. It can be loaded into any number of sandboxes. Immutable. Many
 * threads may use it at the same time.
 */
public final class GuestProgram {
  /** Only replaced by equal bytes, see {@link #isSameAs}. */
  private volatile byte[] file;

  private final ElfFile elf;
  private final boolean whole;
  private final FunctionTable functions;

  /**
   * Parses a program.
   *
   * @param file its contents, which must not change afterwards
   * @throws GuestFormatException if it is not a guest
   */
  public GuestProgram(byte[] file) {
    this(file, ElfFile.guest(file), false);
  }

  private GuestProgram(byte[] file, ElfFile elf, boolean whole) {
    this.file = file;
    this.elf = elf;
    this.whole = whole;
    functions = whole ? FunctionTable.NONE : FunctionTable.read(elf);
  }

  /**
   * Parses a whole program. It has no functions to call, but runs from start to end.
   *
   * @param file its contents, which must not change afterwards
   * @throws GuestFormatException if it is not a program
   */
  public static GuestProgram whole(byte[] file) {
    return new GuestProgram(file, ElfFile.program(file), true);
  }

  /** Returns whether it runs from start to end. */
  public boolean isWhole() {
    return whole;
  }

  /** Returns the exported functions by name, in the order of names. */
  public Map<String, FunctionTable.Export> exports() {
    return functions.exports();
  }

  /**
   * Returns the host functions that it calls, by number. The element is null where the number is
   * that of an export.
   */
  public List<@Nullable Declaration> importsByNumber() {
    return functions.imports();
  }

  /** Returns the host functions that it calls, in the order of the table. */
  public List<Declaration> imports() {
    return functions.imports().stream().filter(Objects::nonNull).toList();
  }

  /**
   * Returns whether both are the same program, byte for byte. If so, they share their bytes from
   * then on, which makes the next comparison quick.
   */
  public boolean isSameAs(GuestProgram other) {
    byte[] bytes = other.file;
    boolean same = Arrays.equals(file, bytes);
    if (same) {
      file = bytes;
    }
    return same;
  }

  /** Returns the program file. The caller must not change it. */
  public byte[] file() {
    return file;
  }

  public List<ElfSegment> segments() {
    return elf.segments();
  }

  /** Returns the function to call before any other, or null if there is nothing to initialise. */
  public FunctionTable.@Nullable Export initialiser() {
    return functions.hasInitialisers()
        ? new FunctionTable.Export(
            new Declaration("hl_start", new Signature(ValueType.VOID, List.of())), elf.entry())
        : null;
  }

  /** Returns whether it starts as an ordinary program does, at {@link #entry}. */
  public boolean startsItself() {
    return functions.startsItself();
  }

  public long entry() {
    return elf.entry();
  }

  /** Returns the path of the interpreter that loads it, or null if it needs none. */
  public @Nullable String interpreter() {
    return elf.interpreter();
  }

  long programHeadersAddress() {
    return elf.programHeadersAddress();
  }

  int programHeaderCount() {
    return elf.programHeaderCount();
  }

  /**
   * Returns the name of the code at an address, as {@code function+0x12}, if the program has kept
   * its symbols.
   */
  public Optional<String> symbolAt(long address) {
    return elf.isCode(address)
        ? new ElfSymbols(file, elf.loadBias()).nearest(address)
        : Optional.empty();
  }
}

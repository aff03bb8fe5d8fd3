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
 * A program, parsed and checked, ready to be loaded into any number of sandboxes. Immutable and
 * safe for use by many threads.
 */
public final class GuestProgram {
  /** Replaced by equal bytes only, see {@link #isSameAs}. */
  private volatile byte[] file;

  private final ElfFile elf;
  private final boolean whole;
  private final FunctionTable functions;

  /**
   * Parses a program.
   *
   * @param file its contents, which are not to be changed any more
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
   * Parses a whole program, which has no functions to call, but is run from its start to its end.
   *
   * @param file its contents, which are not to be changed any more
   * @throws GuestFormatException if it is no program
   */
  public static GuestProgram whole(byte[] file) {
    return new GuestProgram(file, ElfFile.program(file), true);
  }

  /** Whether it is run from its start to its end. */
  public boolean isWhole() {
    return whole;
  }

  /** The exported functions by name, in the order of names. */
  public Map<String, FunctionTable.Export> exports() {
    return functions.exports();
  }

  /** The functions it calls in the host, by number; null where the number is an export's. */
  public List<@Nullable Declaration> importsByNumber() {
    return functions.imports();
  }

  /** The functions it calls in the host, in the order of the table. */
  public List<Declaration> imports() {
    return functions.imports().stream().filter(Objects::nonNull).toList();
  }

  /**
   * Whether it is the same program, byte for byte. Two that are share their bytes from then on, so
   * that the next time is quick.
   */
  public boolean isSameAs(GuestProgram other) {
    byte[] bytes = other.file;
    boolean same = Arrays.equals(file, bytes);
    if (same) {
      file = bytes;
    }
    return same;
  }

  /** The program file; not to be changed. */
  public byte[] file() {
    return file;
  }

  public List<ElfSegment> segments() {
    return elf.segments();
  }

  /** The function to call before any other, or null if there is nothing to initialise. */
  public FunctionTable.@Nullable Export initialiser() {
    return functions.hasInitialisers()
        ? new FunctionTable.Export(
            new Declaration("hl_start", new Signature(ValueType.VOID, List.of())), elf.entry())
        : null;
  }

  /** Whether it is started as an ordinary program, at {@link #entry}. */
  public boolean startsItself() {
    return functions.startsItself();
  }

  public long entry() {
    return elf.entry();
  }

  /** The path of what loads it; null if it needs nothing. */
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
   * The name of the code at an address, as {@code function+0x12}, if the program has kept its
   * symbols.
   */
  public Optional<String> symbolAt(long address) {
    return elf.isCode(address)
        ? new ElfSymbols(file, elf.loadBias()).nearest(address)
        : Optional.empty();
  }
}

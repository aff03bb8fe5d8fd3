package io.hyperlight;

import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.call.ExportedFunction;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A guest program, read and checked: which functions it exports and imports, and everything needed
 * to load it into a {@link Sandbox}. No instruction of it has run.
 *
 * <p>Immutable, safe for use by many threads, and meant to be loaded once and used for many
 * sandboxes.
 */
public final class Guest {
  private final GuestProgram program;
  private final String name;
  private final Map<String, ExportedFunction> functions;

  private Guest(String name, byte[] contents) {
    this(name, parse(name, contents));
  }

  Guest(String name, GuestProgram program) {
    this.name = name;
    this.program = program;
    Map<String, ExportedFunction> byName = new LinkedHashMap<>();
    program
        .exports()
        .forEach((function, export) -> byName.put(function, new ExportedFunction(export)));
    functions = Collections.unmodifiableMap(byName);
  }

  private static GuestProgram parse(String name, byte[] contents) {
    try {
      return new GuestProgram(contents);
    } catch (GuestFormatException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT, name + " is no guest: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a guest from a file: a static or static position-independent x86-64 Linux program that
   * was built with the guest library, as {@code ./hyperlight cc} does it.
   *
   * @param path the file
   * @return the guest
   * @throws InvalidGuestException if it is something else; the message says what, and how to mend
   *     it
   * @throws UncheckedIOException if the file cannot be read. What is no regular file is refused at
   *     once, a pipe or a device for example
   */
  public static Guest load(Path path) {
    try {
      return new Guest(HostPath.text(path), RegularFile.readAll(path));
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(path)
              + " is no guest: it "
              + e.getReason()
              + "; name the program's own file",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read guest " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    }
  }

  /**
   * Takes a guest from memory.
   *
   * @param name what messages call it
   * @param contents the program file's bytes; they are copied
   * @return the guest
   * @throws InvalidGuestException if it is no guest
   */
  public static Guest of(String name, byte[] contents) {
    return new Guest(name, contents.clone());
  }

  /**
   * {@return what messages call it: the path it was loaded from, or the name given; for a guest
   * from a snapshot file, what it was called where that was saved}
   */
  public String name() {
    return name;
  }

  /** {@return the functions that Java can call, in the order of their names} */
  public List<FunctionDeclaration> exports() {
    return program.exports().values().stream().map(f -> declare(f.declaration())).toList();
  }

  /**
   * {@return the functions that the guest calls in Java, in the order of its table; each needs a
   * host function}
   */
  public List<FunctionDeclaration> imports() {
    return program.imports().stream().map(Guest::declare).toList();
  }

  static FunctionDeclaration declare(Declaration declaration) {
    return new FunctionDeclaration(
        declaration.name(), declaration.signature().methodType(), declaration.toString());
  }

  GuestProgram program() {
    return program;
  }

  /** The exported functions by name, in the order of names. */
  Map<String, ExportedFunction> functions() {
    return functions;
  }

  @Override
  public String toString() {
    return "Guest[" + name + "]";
  }
}

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
 * A guest program that was read and checked. It knows which functions the guest exports and
 * imports, and contains everything needed to load it into a {@link Sandbox}. Reading it runs none
 * of its code.
 *
 * <p>A guest is immutable and safe for use by many threads. Load it once and use it for many
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
          InvalidGuestException.Kind.FORMAT, name + " is not a guest: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a guest from a file. It has to be a static or static position-independent x86-64 Linux
   * program that was built with the guest library, as {@code ./hyperlight cc} builds it.
   *
   * @param path the file
   * @return the guest
   * @throws InvalidGuestException if the file is not such a program; the message says what it is
   *     and how to fix it
   * @throws UncheckedIOException if the file cannot be read. A file that is not a regular file,
   *     such as a pipe or a device, is refused without being read
   */
  public static Guest load(Path path) {
    try {
      return new Guest(HostPath.text(path), RegularFile.readAll(path));
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(path)
              + " is not a guest: it "
              + e.getReason()
              + "; name the program's own file",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read guest " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    }
  }

  /**
   * Reads a guest from memory.
   *
   * @param name the guest's name in messages
   * @param contents the bytes of the program file; they are copied
   * @return the guest
   * @throws InvalidGuestException if the bytes are not a guest
   */
  public static Guest of(String name, byte[] contents) {
    return new Guest(name, contents.clone());
  }

  /**
   * {@return the guest's name in messages: the path that it was loaded from, or the given name. A
   * guest from a snapshot file has the name that it had when the snapshot was saved}
   */
  public String name() {
    return name;
  }

  /** {@return the functions that Java can call, sorted by name} */
  public List<FunctionDeclaration> exports() {
    return program.exports().values().stream().map(f -> declare(f.declaration())).toList();
  }

  /**
   * {@return the functions that the guest imports, in the order of its table; each needs a host
   * function}
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

  /** {@return the exported functions by name, sorted by name} */
  Map<String, ExportedFunction> functions() {
    return functions;
  }

  @Override
  public String toString() {
    return "Guest[" + name + "]";
  }
}

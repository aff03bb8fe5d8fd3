package io.hyperlight.error;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where a guest was when it was left. The function's name is found when somebody asks for it, so
 * that whoever ends many calls does not wait for that. Immutable, and safe for use by many threads.
 */
public final class GuestLocation implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The guest has not run. */
  public static final GuestLocation NOWHERE = new GuestLocation(0, Map.of(), _ -> Optional.empty());

  /** 0 if the guest has not run. */
  private final long instructionPointer;

  /** By their names, in an order to be shown in. */
  private final LinkedHashMap<String, Long> registers = new LinkedHashMap<>();

  /** Null once it was asked. */
  private transient @Nullable LongFunction<Optional<String>> symbols;

  /** What was found, with {@link #symbols} null; null if nothing was. */
  private @Nullable String symbol;

  /**
   * Made by the library.
   *
   * @param instructionPointer the address of an instruction
   * @param registers the general registers by their names
   * @param symbols finds the function at an address
   */
  public GuestLocation(
      long instructionPointer,
      Map<String, Long> registers,
      LongFunction<Optional<String>> symbols) {
    this.instructionPointer = instructionPointer;
    this.registers.putAll(registers);
    this.symbols = symbols;
  }

  /** {@return the address of the instruction; 0 if the guest has not run} */
  public long instructionPointer() {
    return instructionPointer;
  }

  /**
   * {@return the nearest function name at or below {@link #instructionPointer}, with the distance,
   * if the guest has symbols}
   */
  public synchronized Optional<String> symbol() {
    LongFunction<Optional<String>> unasked = symbols;
    if (unasked != null) {
      symbol = unasked.apply(instructionPointer).orElse(null);
      symbols = null;
    }
    return Optional.ofNullable(symbol);
  }

  /**
   * {@return the general registers by their names in capitals, the instruction pointer and the
   * flags included; none if the guest has not run}
   */
  public Map<String, Long> registers() {
    return Collections.unmodifiableMap(registers);
  }

  /** For messages. */
  @Override
  public String toString() {
    return "at 0x"
        + Long.toHexString(instructionPointer)
        + symbol().map(name -> " (" + name + ")").orElse("");
  }

  /**
   * Finds the name first.
   *
   * @param out where to
   * @throws IOException if that fails
   */
  private void writeObject(ObjectOutputStream out) throws IOException {
    symbol(); // what finds it stays here
    out.defaultWriteObject();
  }
}

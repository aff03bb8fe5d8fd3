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
 * Tells where a guest was when it was left. The function's name is looked up on the first request
 * only, so that ending many calls does not cost this time. Immutable, and safe for use by many
 * threads.
 */
public final class GuestLocation implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The location of a guest that has not run. */
  public static final GuestLocation NOWHERE = new GuestLocation(0, Map.of(), _ -> Optional.empty());

  /** 0 if the guest has not run. */
  private final long instructionPointer;

  /** By name, in the order in which they are shown. */
  private final LinkedHashMap<String, Long> registers = new LinkedHashMap<>();

  /** Null after the lookup. */
  private transient @Nullable LongFunction<Optional<String>> symbols;

  /** The result of the lookup, once {@link #symbols} is null; null if there was none. */
  private @Nullable String symbol;

  /**
   * Creates a location. For use by the library.
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

  /** {@return the address of the guest's instruction; 0 if the guest has not run} */
  public long instructionPointer() {
    return instructionPointer;
  }

  /**
   * {@return the nearest function name at or below {@link #instructionPointer}, with the distance;
   * empty if the guest has no symbols there}
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
   * {@return the general registers by their names in capitals, including the instruction pointer
   * and the flags; empty if the guest has not run}
   */
  public Map<String, Long> registers() {
    return Collections.unmodifiableMap(registers);
  }

  /** Returns the location for a message. */
  @Override
  public String toString() {
    return "at 0x"
        + Long.toHexString(instructionPointer)
        + symbol().map(name -> " (" + name + ")").orElse("");
  }

  /**
   * Looks up the name first, since the lookup function is not serialised.
   *
   * @param out the stream to write to
   * @throws IOException if writing fails
   */
  private void writeObject(ObjectOutputStream out) throws IOException {
    symbol();
    out.defaultWriteObject();
  }
}

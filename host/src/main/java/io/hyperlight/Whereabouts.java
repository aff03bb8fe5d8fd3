package io.hyperlight;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.loader.GuestProgram;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a guest was when it was left. Says it in words, and finds the function's name, only when it
 * is asked: whoever ends many calls waits for none of that. For any number of threads.
 */
final class Whereabouts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Nowhere: it has not run. */
  static final Whereabouts NOWHERE = new Whereabouts(Map.of(), null);

  private final EnumMap<Register, Long> values = new EnumMap<>(Register.class);

  /** Null once its symbols have been looked at, or if there is none. */
  private transient @Nullable GuestProgram program;

  private @Nullable String symbol;

  private Whereabouts(Map<Register, Long> values, @Nullable GuestProgram program) {
    this.values.putAll(values);
    this.program = program;
  }

  /** Those that the registers of a program tell. */
  static Whereabouts of(GuestProgram program, Map<Register, Long> registers) {
    return new Whereabouts(registers, program);
  }

  long instructionPointer() {
    return values.getOrDefault(Register.RIP, 0L);
  }

  synchronized Optional<String> symbol() {
    GuestProgram unasked = program;
    if (unasked != null) {
      symbol = unasked.symbolAt(instructionPointer()).orElse(null);
      program = null;
    }
    return Optional.ofNullable(symbol);
  }

  Map<String, Long> registers() {
    Map<String, Long> byName = new LinkedHashMap<>();
    values.forEach((register, value) -> byName.put(register.name(), value));
    return Collections.unmodifiableMap(byName);
  }

  /** For messages. */
  @Override
  public String toString() {
    return "at 0x"
        + Long.toHexString(instructionPointer())
        + symbol().map(name -> " (" + name + ")").orElse("");
  }

  private void writeObject(ObjectOutputStream out) throws IOException {
    symbol(); // the program stays here
    out.defaultWriteObject();
  }
}

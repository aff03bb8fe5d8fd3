package io.hyperlight;

import io.hyperlight.guest.GuestProgram;
import io.hyperlight.kvm.Register;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a guest was when it was left. */
final class Whereabouts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Nowhere: it has not run. */
  static final Whereabouts NOWHERE = new Whereabouts(Map.of(), null);

  private final LinkedHashMap<String, Long> registers;
  private final @Nullable String symbol;

  private Whereabouts(Map<String, Long> registers, @Nullable String symbol) {
    this.registers = new LinkedHashMap<>(registers);
    this.symbol = symbol;
  }

  /** Those that the registers of a program tell. */
  static Whereabouts of(GuestProgram program, Map<Register, Long> registers) {
    Map<String, Long> byName = new LinkedHashMap<>();
    registers.forEach((register, value) -> byName.put(register.name(), value));
    return new Whereabouts(
        byName, program.symbolAt(registers.getOrDefault(Register.RIP, 0L)).orElse(null));
  }

  long instructionPointer() {
    return registers.getOrDefault("RIP", 0L);
  }

  Optional<String> symbol() {
    return Optional.ofNullable(symbol);
  }

  Map<String, Long> registers() {
    return Collections.unmodifiableMap(registers);
  }

  /** For messages. */
  @Override
  public String toString() {
    return "at 0x%x%s".formatted(instructionPointer(), symbol == null ? "" : " (" + symbol + ")");
  }
}

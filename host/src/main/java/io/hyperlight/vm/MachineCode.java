package io.hyperlight.vm;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A few instructions of machine code, each given as its bytes beside its assembly (AT&amp;T
 * syntax). A test runs the assembler over the texts and compares.
 */
final class MachineCode {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<String> assembly = new ArrayList<>();

  /** Adds an instruction. */
  MachineCode add(String text, int... code) {
    assembly.add(text);
    for (int b : code) {
      bytes.write(b);
    }
    return this;
  }

  /** Adds an instruction that ends in a little-endian 32-bit operand. */
  MachineCode addWithInt(String text, int operand, int... code) {
    add(text.formatted(operand), code);
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      bytes.write(operand >>> shift);
    }
    return this;
  }

  /** Adds an instruction that ends in a little-endian 64-bit operand. */
  MachineCode addWithLong(String text, long operand, int... code) {
    add(text.formatted(operand), code);
    for (int shift = 0; shift < Long.SIZE; shift += 8) {
      bytes.write((int) (operand >>> shift));
    }
    return this;
  }

  /** Adds a label, for the assembly only. */
  MachineCode label(String name) {
    assembly.add(name + ":");
    return this;
  }

  /** Adds all of it to the end of other code. */
  void addTo(MachineCode code) {
    code.bytes.writeBytes(toByteArray());
    code.assembly.addAll(assembly);
  }

  int size() {
    return bytes.size();
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  /** The assembly, a line each. */
  List<String> assembly() {
    return List.copyOf(assembly);
  }
}

package io.hyperlight.internal.machine.x86;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A few instructions of machine code. The bytes of each stand beside its assembly (AT&amp;T
 * syntax). A test assembles the texts and compares the bytes.
 */
public final class MachineCode {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<Instruction> instructions = new ArrayList<>();

  /** The text of an instruction, and its operand if it has one. */
  private record Instruction(String text, @Nullable Long operand) {
    String assembly() {
      return operand == null ? text : text.formatted(operand);
    }
  }

  /** Adds an instruction. */
  public MachineCode add(String text, int... code) {
    return add(new Instruction(text, null), code);
  }

  /**
   * The text is formatted only when a caller asks for it, since that costs more than everything
   * else here.
   */
  private MachineCode add(Instruction instruction, int... code) {
    instructions.add(instruction);
    for (int b : code) {
      bytes.write(b);
    }
    return this;
  }

  /** Adds an instruction that ends in a little-endian 32-bit operand. */
  public MachineCode addWithInt(String text, int operand, int... code) {
    add(new Instruction(text, Integer.toUnsignedLong(operand)), code);
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      bytes.write(operand >>> shift);
    }
    return this;
  }

  /** Adds an instruction that ends in a little-endian 64-bit operand. */
  public MachineCode addWithLong(String text, long operand, int... code) {
    add(new Instruction(text, operand), code);
    for (int shift = 0; shift < Long.SIZE; shift += 8) {
      bytes.write((int) (operand >>> shift));
    }
    return this;
  }

  /** Adds a label, which only the assembly has. */
  public MachineCode label(String name) {
    instructions.add(new Instruction(name + ":", null));
    return this;
  }

  /** Appends all of it to other code. */
  public void addTo(MachineCode code) {
    code.bytes.writeBytes(toByteArray());
    code.instructions.addAll(instructions);
  }

  public int size() {
    return bytes.size();
  }

  public byte[] toByteArray() {
    return bytes.toByteArray();
  }

  /** Returns the assembly, one element for each line. */
  public List<String> assembly() {
    return instructions.stream().map(Instruction::assembly).toList();
  }
}

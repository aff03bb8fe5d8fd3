package io.hyperlight.internal.machine.x86;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A few instructions of machine code, each given as its bytes beside its assembly (AT&amp;T
 * syntax). A test runs the assembler over the texts and compares.
 */
public final class MachineCode {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<Instruction> instructions = new ArrayList<>();

  /** A text, and the operand in it if it has one. */
  private record Instruction(String text, @Nullable Long operand) {
    String assembly() {
      return operand == null ? text : text.formatted(operand);
    }
  }

  /** Adds an instruction. */
  public MachineCode add(String text, int... code) {
    return add(new Instruction(text, null), code);
  }

  /** The text is put together when somebody asks for it: that costs more than all else here. */
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

  /** Adds a label, for the assembly only. */
  public MachineCode label(String name) {
    instructions.add(new Instruction(name + ":", null));
    return this;
  }

  /** Adds all of it to the end of other code. */
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

  /** The assembly, a line each. */
  public List<String> assembly() {
    return instructions.stream().map(Instruction::assembly).toList();
  }
}

package io.hyperlight.internal.loader;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.Edits;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.internal.abi.Signature;
import io.hyperlight.internal.call.CallStubs;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Function tables, and the note that leads to them. An accepted table can be called and shown. All
 * others are refused in one line.
 */
public final class FunctionTableTarget implements FuzzTarget {
  private static final int TYPES = 14;

  private static final List<String> NAMES =
      List.of(
          "f",
          "ask",
          "hl_start",
          "A.b::c",
          "",
          "a b",
          "a\n",
          "\u001b[2J",
          "\u202e",
          "%s",
          "f\u0000",
          "x".repeat(255),
          "y".repeat(256));

  private final List<Integer> nameOffsets = new ArrayList<>();

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    byte[] names = names(choices);
    int count = choices.oneIn(64) ? 4094 + choices.below(4) : choices.below(8);
    int entriesSize = count * FunctionEntry.SIZE;
    ByteBuffer table =
        ByteBuffer.allocate(entriesSize + names.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      putEntry(table, i * FunctionEntry.SIZE, entriesSize, choices);
    }
    table.put(entriesSize, names);
    byte[] bytes = new byte[table.capacity()];
    table.get(0, bytes);
    SmallElf elf = SmallElf.guest(bytes, entriesSize);
    tryFile(Edits.of(elf.bytes(), elf.fields(), choices), choices.octet());
  }

  private byte[] names(Choices choices) {
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    nameOffsets.clear();
    do {
      nameOffsets.add(names.size());
      names.writeBytes(
          choices.oneIn(8) ? choices.bytes(choices.below(20)) : choices.of(NAMES).getBytes(UTF_8));
      names.write(0);
    } while (choices.oneIn(2));
    return names.toByteArray();
  }

  private void putEntry(ByteBuffer table, int at, int names, Choices choices) {
    table.put(at + FunctionEntry.KIND, (byte) choices.near(1 + choices.below(2)));
    table.put(at + FunctionEntry.RESULT, (byte) choices.near(choices.below(TYPES)));
    int parameters = choices.below(34);
    table.put(at + FunctionEntry.PARAMETER_COUNT, (byte) parameters);
    for (int i = 0; i < Math.min(parameters, Signature.MAX_PARAMETERS); i++) {
      table.put(at + FunctionEntry.PARAMETERS + i, (byte) (1 + choices.below(TYPES)));
    }
    int name = names + choices.of(nameOffsets);
    table.putLong(at + FunctionEntry.NAME, choices.near(SmallElf.addressInTable(name)));
    table.putLong(at + FunctionEntry.ADDRESS, choices.near(SmallElf.codeAddress()));
  }

  private static void tryFile(byte[] file, int which) {
    GuestProgram program;
    try {
      program = new GuestProgram(file);
    } catch (GuestFormatException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[^\\p{Cntrl}]*");
      return;
    }
    assertThat(program.importsByNumber().size()).isLessThanOrEqualTo(4096);
    program.imports().forEach(FunctionTableTarget::assertPrintable);
    program
        .exports()
        .forEach((name, function) -> {
          assertThat(function.declaration().name()).isEqualTo(name);
          assertPrintable(function.declaration());
          assertThat(program.segments()).anyMatch(segment -> segment.contains(function.address()));
        });
    List<FunctionTable.Export> exports = List.copyOf(program.exports().values());
    if (!exports.isEmpty()) {
      assertCanBeCalled(exports.get(which % exports.size()));
    }
  }

  private static void assertPrintable(Declaration declaration) {
    assertThat(declaration.name()).matches("[A-Za-z0-9_.:]{1,255}");
    assertThat(declaration.toString()).matches("[ -~]+");
  }

  private static void assertCanBeCalled(FunctionTable.Export function) {
    Signature signature = function.declaration().signature();
    MethodHandle stub = CallStubs.of(signature);
    assertThat(stub.type().returnType()).isEqualTo(signature.result().javaType());
    assertThat(stub.type().parameterCount()).isEqualTo(2 + signature.parameters().size());
  }

  @Override
  public void checkNothingIsLeft() {
    // Parsing opens nothing.
  }

  @Override
  public void close() {
    // As above.
  }
}

package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.InformationBlock;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PageWalk;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Everything that is mapped in a machine before its guest is, and the contents of the gate's two
 * pages.
 */
class GateTest {
  private static final long MEMORY = 1 << 20;
  private static final long FRAME = 0x7f_fc00;
  private static final int XSAVE_LEGACY_SIZE = 512;
  private static final int XSAVE_HEADER_SIZE = 64;

  private final PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private final PageTables tables = new PageTables(memory);
  private final AddressSpace space = new AddressSpace(memory, tables, List.of());

  @AfterEach
  void unmap() {
    memory.close();
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void aGuestsMemoryBeginsWithTwoPagesThatItCannotWrite(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    Gate.install(space, entry, FRAME);
    Map<Long, PageWalk.Page> pages = PageWalk.pages(memory, tables.root());
    assertThat(pages.keySet())
        .containsExactly(
            Monitor.DATA, Monitor.CODE, Monitor.STACK, Gate.ADDRESS, InformationBlock.ADDRESS);
    pages.forEach((address, page) -> {
      assertThat(page.user()).isEqualTo(address >= 0);
      assertThat(page.executable()).isEqualTo(address == Gate.ADDRESS || address == Monitor.CODE);
      assertThat(page.writable()).isEqualTo(address == Monitor.STACK);
    });
    assertThat(Gate.END).isEqualTo(InformationBlock.ADDRESS + PAGE_SIZE);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theGatesPageHoldsTheGateAndNothingElse(SystemCallEntry entry) {
    Gate.install(space, entry, FRAME);
    byte[] expected = new byte[PAGE_SIZE];
    put(expected, 0, Gate.enter(FRAME));
    put(expected, (int) (Gate.DONE - Gate.ADDRESS), Gate.leave(entry, FRAME));
    put(expected, (int) (Gate.START - Gate.ADDRESS), Gate.start());
    put(expected, (int) (Gate.UNLOCK - Gate.ADDRESS), Gate.unlock());
    put(expected, (int) (Gate.EXCHANGE - Gate.ADDRESS), Gate.exchange());
    put(expected, (int) (Gate.HOST_CALL_ROUTINE - Gate.ADDRESS), Gate.callHost(entry, FRAME));
    put(expected, (int) (ContextSwitchCode.UNLOCK - Gate.ADDRESS), ContextSwitchCode.all());
    if (entry == SystemCallEntry.USER) {
      int stub = (int) (Gate.SYSTEM_CALL_STUB - Gate.ADDRESS);
      put(expected, stub, Monitor.systemCallStub(entry));
    }
    assertThat(Arrays.equals(space.read(Gate.ADDRESS, PAGE_SIZE), expected)).isTrue();
  }

  private static void put(byte[] page, int at, MachineCode code) {
    System.arraycopy(code.toByteArray(), 0, page, at, code.size());
  }

  /**
   * Intel SDM vol. 1, "XRSTOR": if XSTATE_BV has a component's bit clear, the component gets its
   * initial configuration. MXCSR is loaded all the same. Anything else in the header faults.
   */
  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theImageForXrstorMakesEveryComponentInitial(SystemCallEntry entry) {
    Gate.install(space, entry, FRAME);
    long address = extendedState();
    assertThat(address % 64).isZero();
    assertThat(address).isGreaterThan(InformationBlock.ADDRESS);
    int size = XSAVE_LEGACY_SIZE + XSAVE_HEADER_SIZE;
    ByteBuffer image = ByteBuffer.wrap(space.read(address, size)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(image.getShort(0)).isEqualTo((short) 0x037f);
    assertThat(image.getInt(24)).isEqualTo(0x1f80);
    for (int at = XSAVE_LEGACY_SIZE; at < size; at += Long.BYTES) {
      assertThat(image.getLong(at)).isZero();
    }
  }

  /** Returns the operand of the gate's {@code xrstor64}, an absolute address. */
  private static long extendedState() {
    byte[] code = Gate.enter(FRAME).toByteArray();
    byte[] instruction = {0x48, 0x0f, (byte) 0xae, 0x2c, 0x25};
    for (int at = 0; at < code.length - instruction.length; at++) {
      if (Arrays.equals(code, at, at + 5, instruction, 0, 5)) {
        return ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 5);
      }
    }
    throw new AssertionError("no xrstor64");
  }
}

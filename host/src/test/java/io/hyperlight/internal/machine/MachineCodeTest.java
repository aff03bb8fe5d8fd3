package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.InformationBlock;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.ContextSwitchCode;
import io.hyperlight.internal.machine.x86.Gate;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.RunCode;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.TimeStampCounter;
import io.hyperlight.internal.machine.x86.VdsoObject;
import io.hyperlight.internal.os.HostIoctl;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of all machine code are those that the assembler makes of the text beside them. */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class MachineCodeTest {
  /** More than the longest code has. If an assembler's output is longer, the next bytes differ. */
  private static final int SLOT = 512;

  private static final byte FILLER = (byte) 0xcc;

  @Test
  void theBytesAreThoseOfTheAssembler(@TempDir Path folder) throws IOException {
    Map<String, MachineCode> codes = allCodes();
    byte[] assembled =
        assemble(folder, codes.values().stream().map(MachineCode::assembly).toList());
    int slot = 0;
    for (Map.Entry<String, MachineCode> code : codes.entrySet()) {
      byte[] expected = Arrays.copyOfRange(assembled, slot * SLOT, ++slot * SLOT);
      byte[] actual = new byte[SLOT];
      Arrays.fill(actual, FILLER);
      System.arraycopy(code.getValue().toByteArray(), 0, actual, 0, code.getValue().size());
      assertThat(HexFormat.of().formatHex(actual))
          .as(code.getKey())
          .isEqualTo(HexFormat.of().formatHex(expected));
    }
  }

  private static Map<String, MachineCode> allCodes() {
    Map<String, MachineCode> codes = new LinkedHashMap<>();
    codes.put("enter, low frame", Gate.enter(0x7ff_fc00));
    codes.put("enter, high frame", Gate.enter(AddressSpace.USER_END - 0x400));
    codes.put("start", Gate.start());
    codes.put("unlock", Gate.unlock());
    for (IntFunction<MachineCode> function : VdsoObject.functions()) {
      codes.put("vDSO, function " + codes.size(), function.apply(0x80));
    }
    codes.put("counter of the host", TimeStampCounter.read());
    codes.put("exchange", Gate.exchange());
    codes.put("context switch", ContextSwitchCode.all());
    codes.put("context switch of a further vCPU", ContextSwitchCode.ofPage());
    codes.put("contexts that hand over", VcpuTeamTest.handingOver());
    codes.put("run", RunCode.run());
    codes.put("null selectors", RunCode.nullSelectors());
    codes.put("CPUID probe", CpuidProbe.code());
    codes.put("return", Monitor.returnStub());
    for (SystemCallEntry entry : SystemCallEntry.values()) {
      codes.put("system call, " + entry, Monitor.systemCallStub(entry));
      codes.put("leave, " + entry, Gate.leave(entry, 0x7ff_fc00));
      codes.put("host call, " + entry, Gate.callHost(entry, 0x7ff_fc00));
    }
    for (int vector = 0; vector < Monitor.VECTORS; vector++) {
      codes.put("exception " + vector, Monitor.exceptionStub(vector));
    }
    codes.put("dirty ring probe", DirtyRingProbe.code());
    codes.put("writer of pages", DirtyTrackerTest.code());
    SelfTest.checks().forEach(check -> codes.put("self-test: " + check.name(), check.code()));
    codes.put("self-test: protection keys", SelfTest.protectionKeys().code());
    codes.put("lock", ProtectionKeysTest.lock());
    codes.put("counter", SeveralContextsTest.counter());
    codes.put("contexts with calls", ContextCode.calling());
    codes.put("contexts without calls", ContextCode.spinning());
    codes.put("contexts with AVX-512", ContextCode.wide());
    codes.put("contexts with faults", ContextSwitchTest.faulting());
    codes.put("contexts with steps", ContextSwitchTest.stepping());
    codes.put("contexts that wait", ContextSwitchTest.waiting());
    codes.put("self-test: restore", SelfTest.writer().code());
    return codes;
  }

  private static byte[] assemble(Path folder, List<List<String>> texts) throws IOException {
    StringBuilder source = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      source.append(String.join("\n", texts.get(i)));
      source.append("\n.org %d, 0x%x\n".formatted((i + 1) * SLOT, Byte.toUnsignedInt(FILLER)));
    }
    Path input = Files.writeString(folder.resolve("code.s"), source);
    Path object = folder.resolve("code.o");
    Path binary = folder.resolve("code.bin");
    Command.run("gcc", "-c", "-o", object.toString(), input.toString()).outputOfSuccess();
    Command.run("objcopy", "-O", "binary", "-j", ".text", object.toString(), binary.toString())
        .outputOfSuccess();
    return Files.readAllBytes(binary);
  }

  @Test
  void theGateAndTheStubsFitWhereTheyArePut() {
    for (SystemCallEntry entry : SystemCallEntry.values()) {
      assertThat(Gate.DONE + Gate.leave(entry, 0).size()).isLessThanOrEqualTo(Gate.START);
    }
    assertThat(RunCode.run().size()).isLessThanOrEqualTo(HostIoctl.RUN_CODE_SECOND);
    assertThat(Gate.START + Gate.start().size()).isLessThanOrEqualTo(Gate.UNLOCK);
    assertThat(Gate.UNLOCK + Gate.unlock().size()).isLessThanOrEqualTo(Gate.SYSTEM_CALL_STUB);
    assertThat(Gate.SYSTEM_CALL_STUB + Monitor.systemCallStub(SystemCallEntry.USER).size())
        .isLessThanOrEqualTo(Gate.EXCHANGE);
    assertThat(Gate.EXCHANGE + Gate.exchange().size()).isLessThanOrEqualTo(Gate.HOST_CALL_ROUTINE);
    assertThat(Gate.HOST_CALL_ROUTINE + Gate.callHost(SystemCallEntry.USER, 0).size())
        .isLessThanOrEqualTo(ContextSwitchCode.UNLOCK);
    assertThat(ContextSwitchCode.END).isLessThanOrEqualTo(InformationBlock.ADDRESS - Long.BYTES);
    assertThat(Monitor.CODE + Monitor.systemCallStub(SystemCallEntry.SUPERVISOR).size())
        .isLessThanOrEqualTo(Monitor.RETURN);
    assertThat(Monitor.RETURN + Monitor.returnStub().size())
        .isLessThanOrEqualTo(Monitor.exceptionStubAddress(0));
    for (int vector = 0; vector < Monitor.VECTORS; vector++) {
      assertThat(Monitor.exceptionStubAddress(vector) + Monitor.exceptionStub(vector).size())
          .isLessThanOrEqualTo(Monitor.exceptionStubAddress(vector + 1));
    }
    assertThat(Monitor.exceptionStubAddress(Monitor.VECTORS))
        .isLessThanOrEqualTo(Monitor.CODE + PhysicalMemory.PAGE_SIZE);
  }

  @Test
  void theGatesExitIsBehindItsEntryWhateverTheFrame() {
    assertThat(Gate.enter(AddressSpace.USER_END - 0x400).size()).isEqualTo(Gate.enter(0).size());
  }

  @Test
  void theGatesExitIsWhereTheHostExpectsIt() {
    int at = (int) (Gate.DONE_RETURN - Gate.DONE);
    byte[] systemCall = Gate.leave(SystemCallEntry.SUPERVISOR, 0).toByteArray();
    assertThat(Arrays.copyOfRange(systemCall, at - 2, at)).containsExactly(0x0f, 0x05);
    byte[] out = Gate.leave(SystemCallEntry.USER, 0).toByteArray();
    assertThat(Arrays.copyOfRange(out, at - Monitor.OUT_LENGTH, at))
        .containsExactly(0xe6, Monitor.SYSTEM_CALL_PORT);
  }

  @Test
  void aStubBeginsWithAnOutOfTheLengthThatTheHostSkips() {
    for (SystemCallEntry entry : SystemCallEntry.values()) {
      byte[] stub = Monitor.systemCallStub(entry).toByteArray();
      assertThat(Arrays.copyOf(stub, Monitor.OUT_LENGTH))
          .containsExactly(0xe6, Monitor.SYSTEM_CALL_PORT);
    }
  }

  @Test
  void noExceptionSharesThePortOfSystemCalls() {
    assertThat(Monitor.SYSTEM_CALL_PORT).isGreaterThanOrEqualTo(Monitor.VECTORS);
  }
}

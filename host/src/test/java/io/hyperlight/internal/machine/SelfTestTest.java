package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.memory.PhysicalLayout;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.testing.HardwareLaneQuick;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

@HardwareLaneQuick
class SelfTestTest {
  @Test
  void findsNothingWrongWithThisMachine() {
    assertThat(SelfTest.run(HostPlatform.get()))
        .isNotEmpty()
        .allSatisfy(result -> assertThat(result.problem()).as(result.name()).isNull());
  }

  /**
   * A stub that returns by a jump is right where {@code syscall} stays at CPL 3. Where it enters
   * CPL 0, the jump would leave guest code there, and everything would seem to work.
   */
  @Test
  void findsAStubThatLeavesGuestCodeAtCpl0() {
    Platform platform = HostPlatform.get();
    assumeTrue(
        platform.kind().entry() == SystemCallEntry.SUPERVISOR,
        "only where syscall enters CPL 0: runs in the hardware lane");
    for (SelfTest.Check check : SelfTest.checks()) {
      try (Vm machine = platform.create(SelfTest.MEMORY)) {
        replaceSystemCallStub(machine, Monitor.systemCallStub(SystemCallEntry.USER));
        assertThat(SelfTest.run(machine, check)).as(check.name()).contains("PrivilegeLost");
      }
    }
  }

  private static void replaceSystemCallStub(Vm machine, MachineCode stub) {
    byte[] right = Monitor.systemCallStub(SystemCallEntry.SUPERVISOR).toByteArray();
    byte[] page = new byte[PhysicalMemory.PAGE_SIZE];
    long end = PhysicalLayout.DATA_START + SelfTest.MEMORY;
    for (long at = PhysicalLayout.DATA_START; at < end; at += page.length) {
      machine.memory().get(at, page, 0, page.length);
      if (Arrays.equals(page, 0, right.length, right, 0, right.length)) {
        Monitor.put(machine.memory(), at, stub);
        return;
      }
    }
    throw new AssertionError("no page begins with the system-call stub");
  }
}

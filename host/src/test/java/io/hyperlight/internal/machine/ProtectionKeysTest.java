package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.testing.HardwareLaneQuick;
import org.junit.jupiter.api.Test;

/**
 * A guest that removes every right to its own pages, if the processor has protection keys and
 * allows it. The gate cannot read its own frame then. On other processors the instruction is
 * invalid.
 */
@HardwareLaneQuick
class ProtectionKeysTest {
  private static final long LOCK = 1;

  @Test
  void aGuestThatLocksItsKeysHurtsItsOwnCallAndNoLaterOne() {
    Platform platform = HostPlatform.get();
    try (Vm original = platform.create(SelfTest.MEMORY)) {
      ProbeCode.load(original, lock());
      try (MachineImage image = original.freeze();
          Vm machine = platform.spawn(image, MachineOptions.DEFAULT)) {
        for (int round = 0; round < 3; round++) {
          assertThat(ProbeCode.call(machine, LOCK)).isInstanceOf(Trap.ProcessorException.class);
          assertThat(machine.restoreTo(image)).isTrue();
          assertThat(ProbeCode.call(machine, 0)).isNull();
          assertThat(machine.context().argument(0)).isEqualTo(42);
          assertThat(machine.restoreTo(image)).isTrue();
        }
      }
    }
  }

  /** Returns code that returns 42. If its argument is not 0, it locks all keys before. */
  static MachineCode lock() {
    return new MachineCode()
        .add("test %edi, %edi", 0x85, 0xff)
        .add("jz 1f", 0x74, 0x0a)
        .add("or $-1, %eax", 0x83, 0xc8, 0xff)
        .add("xor %ecx, %ecx", 0x31, 0xc9)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("wrpkru", 0x0f, 0x01, 0xef)
        .label("1")
        .addWithInt("mov $0x%x, %%eax", 42, 0xb8)
        .add("ret", 0xc3);
  }
}

package io.hyperlight.internal.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Decodes exits that a C program has filled in under the kernel's names. */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class CpuExitTest {
  @Test
  void aByteOutIsAnIoExit() {
    assertThat(
            exit(
                "KVM_EXIT_IO",
                ".io = {.direction = KVM_EXIT_IO_OUT, .size = 1, .port = 0x70,"
                    + " .count = 1, .data_offset = 4096}"))
        .isEqualTo(new CpuExit.DeviceAccess(true, 1, 0x70, 1));
  }

  @Test
  void aRepeatedWordInFromTheHighestPortIsAnIoExit() {
    assertThat(
            exit(
                "KVM_EXIT_IO",
                ".io = {.direction = KVM_EXIT_IO_IN, .size = 2, .port = 0xffff,"
                    + " .count = 0x10000}"))
        .isEqualTo(new CpuExit.DeviceAccess(false, 2, 0xffff, 0x10000));
  }

  @Test
  void onlyOneByteOutOnceToThatPortIsTheStubs() {
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 1, 0x70, 1)).isTrue();
    assertThat(isByteOutTo70("KVM_EXIT_MMIO", "KVM_EXIT_IO_OUT", 1, 0x70, 1)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_IN", 1, 0x70, 1)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 2, 0x70, 1)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 1, 0x71, 1)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 1, 0x170, 1)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 1, 0x70, 2)).isFalse();
    assertThat(isByteOutTo70("KVM_EXIT_IO", "KVM_EXIT_IO_OUT", 1, 0x70, 0)).isFalse();
  }

  private static boolean isByteOutTo70(
      String reason, String direction, int size, int port, int count) {
    try (Arena arena = Arena.ofConfined()) {
      String io =
          ".io = {.direction = %s, .size = %d, .port = %d, .count = %d}"
              .formatted(direction, size, port, count);
      return KvmVcpu.isByteOut(run(arena, reason, io), 0x70);
    }
  }

  @Test
  void anMmioExitHasAddressSizeAndDirection() {
    assertThat(
            exit(
                "KVM_EXIT_MMIO",
                ".mmio = {.phys_addr = 0xfedcba9876543210, .data = {1, 2, 3},"
                    + " .len = 8, .is_write = 1}"))
        .isEqualTo(new CpuExit.MemoryAccess(0xfedc_ba98_7654_3210L, 8, true));
    assertThat(exit("KVM_EXIT_MMIO", ".mmio = {.phys_addr = 1, .data = {9}, .len = 4}"))
        .isEqualTo(new CpuExit.MemoryAccess(1, 4, false));
  }

  @Test
  void aFailedEntryHasTheProcessorsReason() {
    assertThat(
            exit(
                "KVM_EXIT_FAIL_ENTRY",
                ".fail_entry = {.hardware_entry_failure_reason = 0x80000021, .cpu = 7}"))
        .isEqualTo(new CpuExit.EntryRefused(0x8000_0021L));
  }

  @Test
  void anInternalErrorHasItsSuberror() {
    assertThat(
            exit(
                "KVM_EXIT_INTERNAL_ERROR",
                ".internal = {.suberror = KVM_INTERNAL_ERROR_DELIVERY_EV, .ndata = 3}"))
        .isEqualTo(new CpuExit.HypervisorError(3));
  }

  @Test
  void exitsWithoutDataAreToldApart() {
    assertThat(exit("KVM_EXIT_HLT", ".io = {}")).isEqualTo(new CpuExit.Halt());
    assertThat(exit("KVM_EXIT_SHUTDOWN", ".io = {}")).isEqualTo(new CpuExit.Shutdown());
    assertThat(exit("KVM_EXIT_INTR", ".io = {}")).isEqualTo(new CpuExit.Interrupted());
    assertThat(exit("KVM_EXIT_SYSTEM_EVENT", ".io = {}")).isEqualTo(new CpuExit.Other(24));
  }

  private static CpuExit exit(String reason, String member) {
    try (Arena arena = Arena.ofConfined()) {
      return KvmVcpu.exit(run(arena, reason, member));
    }
  }

  /** Returns a {@code struct kvm_run} with this exit. */
  private static MemorySegment run(Arena arena, String reason, String member) {
    String hex =
        CProgram.run(
                """
                #include <linux/kvm.h>
                #include <stdio.h>
                int main(void)
                {
                  static const struct kvm_run run = {.exit_reason = %s, %s};
                  for (unsigned i = 0; i < sizeof(run); i++)
                    printf("%%02x", ((const unsigned char *)&run)[i]);
                  return 0;
                }
                """
                    .formatted(reason, member))
            .outputOfSuccess();
    byte[] bytes = HexFormat.of().parseHex(hex);
    return arena.allocate(Structs.KVM_RUN).copyFrom(MemorySegment.ofArray(bytes));
  }
}

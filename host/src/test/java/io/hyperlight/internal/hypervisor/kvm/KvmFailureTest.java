package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.testing.ControlRegisters.withCr0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.HardwareLaneQuick;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A failed ioctl names itself and its error number, and leaves nothing behind. */
@HardwareLaneQuick
class KvmFailureTest {
  private static final long MSR_LSTAR = 0xc000_0082L;
  private static final long CR0_PE = 1;
  private static final long CR0_PG = 1L << 31;

  private Map<String, Integer> before;
  private Kvm kvm;
  private KvmVm vm;
  private KvmVcpu vcpu;

  @BeforeEach
  void createVcpu() {
    before = Descriptors.ofKvm();
    kvm = Kvm.open();
    vm = kvm.createVm(DirtyTracking.NONE);
    vcpu = vm.createCpu(0);
    vcpu.setCpuid(kvm.supportedCpuid());
  }

  @AfterEach
  void closeAllAndFindNothingLeft() {
    assertThat(Descriptors.ofKvm()).isNotEqualTo(before);
    vcpu.close();
    vm.close();
    kvm.close();
    assertThat(Descriptors.ofKvm()).isEqualTo(before);
  }

  @Test
  void memoryOffAPageBoundaryIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(8192, 4096);
      assertFails(
          "KVM_SET_USER_MEMORY_REGION",
          Errno.EINVAL,
          () -> vm.addMemory(1, memory.asSlice(0, 4096), false));
      assertFails(
          "KVM_SET_USER_MEMORY_REGION",
          Errno.EINVAL,
          () -> vm.addMemory(0, memory.asSlice(1, 4096), false));
      assertFails(
          "KVM_SET_USER_MEMORY_REGION",
          Errno.EINVAL,
          () -> vm.addMemory(0, memory.asSlice(0, 4095), false));
    }
  }

  @Test
  void aSecondVcpuOfTheSameNumberIsRefused() {
    assertFails("KVM_CREATE_VCPU", Errno.EEXIST, () -> vm.createCpu(0));
  }

  @Test
  void pagingWithoutProtectionIsRefused() {
    SpecialRegisters registers = vcpu.specialRegisters();
    assertFails(
        "KVM_SET_SREGS",
        Errno.EINVAL,
        () -> vcpu.setSpecialRegisters(withCr0(registers, (registers.cr0() | CR0_PG) & ~CR0_PE)));
    assertThat(vcpu.specialRegisters()).isEqualTo(registers);
  }

  @Test
  void specialRegistersComeBackAsTheyWereSet() {
    SpecialRegisters r = vcpu.specialRegisters();
    Segment data = new Segment(0x1234_0000, -1, 0x18, 3, true, 0, true, true, false, true, false);
    SpecialRegisters changed =
        new SpecialRegisters(
            r.cs(),
            data,
            r.es(),
            r.fs(),
            data,
            r.ss(),
            r.tr(),
            r.ldt(),
            new DescriptorTable(0xffff_8000_0000_1000L, 0xfedc),
            new DescriptorTable(0x2000, 0x1ff),
            r.cr0(),
            0x1234_5678_9abc_def0L,
            0x3000,
            r.cr4(),
            0,
            r.efer(),
            r.apicBase());
    vcpu.setSpecialRegisters(changed);
    assertThat(vcpu.specialRegisters()).isEqualTo(changed);
  }

  @Test
  void anExtendedControlRegisterWithoutX87IsRefused() {
    assertFails("KVM_SET_XCRS", Errno.EINVAL, () -> vcpu.setXcr0(0));
  }

  @Test
  void aNonCanonicalSystemCallTargetIsRefusedByItsRegistersNumber() {
    assertThatExceptionOfType(KvmException.class)
        .isThrownBy(() -> vcpu.setModelSpecificRegisters(MSR_LSTAR, 0x1000, MSR_LSTAR, 1L << 62))
        .withMessage("KVM_SET_MSRS of MSR 0xc0000082 failed: EINVAL (Invalid argument)")
        .satisfies(e -> assertThat(e.ioctl()).isEqualTo("KVM_SET_MSRS"));
  }

  @Test
  void aClosedDescriptorIsNotUsedAgain() {
    KvmVm closed = kvm.createVm(DirtyTracking.NONE);
    closed.close();
    closed.close(); // does nothing, and closes no other descriptor
    assertFails("KVM_CREATE_VCPU", Errno.EBADF, () -> closed.createCpu(0));
  }

  @Test
  void theDescriptorOfAVcpuThatCannotBeMappedIsNotLeftOpen() {
    int descriptor = vm.ioctl(Ioctl.KVM_CREATE_VCPU, 1);
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> KvmVcpu.map(descriptor, 0, new NewVcpu()))
        .withMessageContaining("mmap(0 bytes) failed: EINVAL");
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> HostDescriptors.close(descriptor))
        .withMessageContaining("EBADF");
  }

  private static void assertFails(String ioctl, int errno, ThrowingCallable call) {
    assertThatExceptionOfType(KvmException.class)
        .isThrownBy(call)
        .withMessageStartingWith(ioctl + " failed: " + Errno.describe(errno))
        .satisfies(e -> {
          assertThat(e.ioctl()).isEqualTo(ioctl);
          assertThat(e.errno()).isEqualTo(errno);
        });
  }
}

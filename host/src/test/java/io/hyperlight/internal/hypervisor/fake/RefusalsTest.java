package io.hyperlight.internal.hypervisor.fake;

import static io.hyperlight.testing.ControlRegisters.withCr0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.os.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * The fake refuses what KVM refuses. It also refuses calls that the interfaces forbid and KVM would
 * allow.
 */
class RefusalsTest {
  private static final int PAGE = 4096;
  private static final long CR0_PE = 1;
  private static final long CR0_PG = 1L << 31;
  private static final long LSTAR = 0xc000_0082L;
  private static final int MXCSR = 24;

  /** A request to a new machine. */
  @FunctionalInterface
  private interface Request {
    void of(X86VirtualMachine vm, X86VirtualCpu cpu, MemorySegment memory);
  }

  private static Map<String, Request> requests() {
    Map<String, Request> all = new LinkedHashMap<>();
    all.put("memory", (vm, _, memory) -> vm.addMemory(0, memory, false));
    all.put(
        "memory twice",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.addMemory(0, memory, false);
        });
    all.put(
        "memory that overlaps at its end",
        (vm, _, memory) -> {
          vm.addMemory(PAGE, memory, false);
          vm.addMemory(0, memory, false);
        });
    all.put(
        "memory that overlaps at its start",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.addMemory(PAGE, memory, false);
        });
    all.put(
        "memory beside memory",
        (vm, _, memory) -> {
          vm.addMemory(0, memory.asSlice(0, PAGE), false);
          vm.addMemory(PAGE, memory.asSlice(PAGE, PAGE), false);
        });
    all.put(
        "memory again where it was removed",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.removeMemory(0);
          vm.addMemory(PAGE, memory, false);
        });
    all.put("memory off a page of the guest", (vm, _, memory) -> vm.addMemory(1, memory, false));
    all.put(
        "memory off a page of the host",
        (vm, _, memory) -> vm.addMemory(0, memory.asSlice(1, PAGE), false));
    all.put(
        "half a page of memory",
        (vm, _, memory) -> vm.addMemory(0, memory.asSlice(0, PAGE / 2), false));
    all.put("removal of memory that is not there", (vm, _, _) -> vm.removeMemory(0));
    all.put(
        "removal of the middle of memory",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.removeMemory(PAGE);
        });
    all.put(
        "forgetting of pages",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.forgetTranslations(PAGE, PAGE);
        });
    all.put(
        "forgetting of pages that are not there",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.forgetTranslations(PAGE, 2 * PAGE);
        });
    all.put(
        "forgetting of tables",
        (vm, _, memory) -> {
          vm.addMemory(0, memory, false);
          vm.forgetTables();
        });
    all.put("a second CPU of the same number", (vm, _, _) -> vm.createCpu(0));
    all.put("a CPU of no number", (vm, _, _) -> vm.createCpu(-1));
    all.put("a tracker without tracking", (vm, cpu, _) -> vm.track(cpu));
    all.put(
        "paging without protection",
        (_, cpu, _) -> {
          SpecialRegisters now = cpu.specialRegisters();
          cpu.setSpecialRegisters(withCr0(now, (now.cr0() | CR0_PG) & ~CR0_PE));
        });
    all.put("no x87 state", (_, cpu, _) -> cpu.setXcr0(0));
    all.put(
        "a target of system calls that is not canonical",
        (_, cpu, _) -> cpu.setModelSpecificRegisters(LSTAR, 1L << 62));
    all.put("vector state as it is", (_, cpu, _) -> cpu.setExtendedState(cpu.extendedState()));
    all.put(
        "reserved bits of MXCSR",
        (_, cpu, _) -> {
          byte[] area = cpu.extendedState();
          area[MXCSR + 3] = 1;
          area[512] = 2;
          cpu.setExtendedState(area);
        });
    all.put(
        "a CPU in a closed machine",
        (vm, cpu, _) -> {
          cpu.close();
          vm.close();
          vm.createCpu(1);
        });
    all.put(
        "closing twice",
        (vm, cpu, _) -> {
          cpu.close();
          cpu.close();
          vm.close();
          vm.close();
        });
    return all;
  }

  /** Returns the result of each request to a machine of its own. */
  private static Map<String, String> outcomes(X86Hypervisor hypervisor) {
    Map<String, String> outcomes = new LinkedHashMap<>();
    requests()
        .forEach((name, request) -> {
          X86VirtualMachine vm = hypervisor.createVm(DirtyTracking.NONE);
          X86VirtualCpu cpu = vm.createCpu(0);
          cpu.setCpuid(hypervisor.supportedCpuid());
          try (Arena arena = Arena.ofShared()) {
            request.of(vm, cpu, arena.allocate(2 * PAGE, PAGE));
            outcomes.put(name, "done");
          } catch (HypervisorCallException e) {
            String message = String.valueOf(e.getMessage());
            outcomes.put(name, message.substring(message.indexOf(" failed: ") + 9));
            assertThat(e.isRefusal()).as(name).isEqualTo(message.contains("EINVAL"));
          } catch (IllegalArgumentException | IllegalStateException e) {
            outcomes.put(name, e.getClass().getSimpleName());
          } finally {
            cpu.close();
            vm.close();
          }
        });
    return outcomes;
  }

  @Test
  void theFakeRefusesWhatTheRealOneRefuses() {
    Map<String, String> real;
    try (X86Hypervisor kvm = HostPlatform.openHypervisor()) {
      real = outcomes(kvm);
    }
    try (FakeHypervisor fake = FakeHypervisor.withoutRuns()) {
      assertThat(outcomes(fake)).isEqualTo(real);
    }
    assertThat(real.values()).contains("done", "IllegalArgumentException");
    assertThat(real.values().stream().filter(outcome -> outcome.startsWith("E")))
        .hasSizeGreaterThan(8);
  }

  @Test
  void aTrackingThatIsNotOfferedIsRefused() {
    try (FakeHypervisor fake = FakeHypervisor.withoutRuns()) {
      assertThat(fake.offers(DirtyTracking.RING)).isFalse();
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> fake.createVm(DirtyTracking.RING)))
          .isInstanceOfSatisfying(FakeCallException.class, e -> assertThat(e.isRefusal()).isTrue());
    }
  }

  /** Returns a machine with one recorded run, which ends at an exit. */
  private static FakeHypervisor withOneRun() {
    Recording recording = new Recording();
    Recording.Vm vm = new Recording.Vm(DirtyTracking.NONE);
    Recording.Run run = new Recording.Run();
    run.exit = new CpuExit.Halt();
    run.registers = new long[Register.values().length];
    vm.cpu.runs.add(run);
    recording.vms.add(vm);
    return new FakeHypervisor(recording);
  }

  @Test
  void aRunWithAnExitThatNobodyHasLookedAtIsAMistake() {
    FakeHypervisor fake = withOneRun();
    FakeCpu cpu = fake.createVm(DirtyTracking.NONE).createCpu(0);
    assertThat(cpu.run()).isZero();
    assertThat(cpu.isExitUnseen()).isTrue();
    assertThatIllegalStateException().isThrownBy(cpu::run).withMessageContaining("Halt");
  }

  @Test
  void aSignalLeavesNoExitToLookAt() {
    FakeHypervisor fake = withOneRun();
    FakeCpu cpu = fake.createVm(DirtyTracking.NONE).createCpu(0);
    fake.failRuns(run -> run == 0 ? Errno.EINTR : 0);
    assertThat(cpu.run()).isEqualTo(Errno.EINTR);
    assertThat(cpu.isExitUnseen()).isFalse();
    assertThat(cpu.run()).isZero();
  }

  @Test
  void aMachineIsNotClosedBeforeItsCpu() {
    FakeHypervisor fake = withOneRun();
    FakeVm vm = fake.createVm(DirtyTracking.NONE);
    FakeCpu cpu = vm.createCpu(0);
    assertThatIllegalStateException().isThrownBy(vm::close);
    assertThatIllegalStateException().isThrownBy(fake::close);
    cpu.close();
    vm.close();
    fake.close();
  }

  @Test
  void nobodyTouchesWhatRuns() throws InterruptedException {
    FakeHypervisor fake = withOneRun();
    FakeVm vm = fake.createVm(DirtyTracking.NONE);
    FakeCpu cpu = vm.createCpu(0);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    fake.failRuns(_ -> {
      inside.countDown();
      try {
        leave.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return Errno.EINTR;
    });
    AtomicReference<Integer> result = new AtomicReference<>();
    Thread thread = new Thread(() -> result.set(cpu.run()));
    thread.start();
    inside.await();
    List<Runnable> mistakes =
        List.of(
            () -> cpu.get(Register.RAX),
            () -> cpu.set(Register.RAX, 1),
            cpu::clearRegisters,
            cpu::commitRegisters,
            cpu::exit,
            cpu::exitSeen,
            cpu::specialRegisters,
            cpu::extendedState,
            () -> cpu.isDoorbell(1),
            cpu::run,
            cpu::completeExit,
            cpu::takeBackPending,
            cpu::timeStampCounter,
            cpu::close,
            () -> vm.removeMemory(0),
            () -> vm.forgetTranslations(0, PAGE),
            vm::forgetTables);
    for (Runnable mistake : mistakes) {
      assertThatIllegalStateException().isThrownBy(mistake::run);
    }
    leave.countDown();
    thread.join();
    assertThat(result).hasValue(Errno.EINTR);
    assertThat(cpu.get(Register.RAX)).isZero();
  }

  @Test
  void theTimeStampCounterOfACpuGoesOn() {
    try (X86Hypervisor kvm = HostPlatform.openHypervisor();
        X86VirtualMachine vm = kvm.createVm(DirtyTracking.NONE);
        X86VirtualCpu cpu = vm.createCpu(0)) {
      long first = cpu.timeStampCounter();
      long second = cpu.timeStampCounter();
      assertThat(second - first).isNotNegative();
    }
  }
}

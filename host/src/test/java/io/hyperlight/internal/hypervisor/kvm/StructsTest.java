package io.hyperlight.internal.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/**
 * Compares this package's structures and numbers of {@code <linux/kvm.h>} with those of the C
 * compiler.
 */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class StructsTest {
  @Test
  void everyStructureAndMemberIsWhereTheCCompilerPutsIt() {
    Map<String, Long> expected = new LinkedHashMap<>();
    for (StructLayout struct : Structs.ALL) {
      String name = "struct " + struct.name().orElseThrow();
      expected.put("sizeof(" + name + ")", struct.byteSize());
      addMembers(expected, name, "", struct, 0);
    }
    assertThat(expected).containsKey("offsetof(struct kvm_run, s.regs.sregs.cs.selector)");
    assertEqualInC(expected);
  }

  private static void addMembers(
      Map<String, Long> expected, String struct, String path, GroupLayout group, long base) {
    for (MemoryLayout member : group.memberLayouts()) {
      if (member.name().isEmpty()) {
        continue; // padding
      }
      String name = member.name().get();
      String memberPath = path.isEmpty() ? name : path + "." + name;
      long offset = base + group.byteOffset(PathElement.groupElement(name));
      expected.put("offsetof(%s, %s)".formatted(struct, memberPath), offset);
      expected.put("sizeof(((%s *)0)->%s)".formatted(struct, memberPath), member.byteSize());
      if (member instanceof SequenceLayout sequence) {
        expected.put(
            "sizeof(((%s *)0)->%s[0])".formatted(struct, memberPath),
            sequence.elementLayout().byteSize());
        if (sequence.elementLayout() instanceof GroupLayout element) {
          addMembers(expected, struct, memberPath + "[0]", element, offset);
        }
      } else if (member instanceof GroupLayout inner) {
        addMembers(expected, struct, memberPath, inner, offset);
      }
    }
  }

  @Test
  void entriesBeginWhereAHeaderEnds() {
    assertEqualInC(
        Map.of(
            "offsetof(struct kvm_msrs, entries)", Structs.KVM_MSRS.byteSize(),
            "sizeof(((struct kvm_msrs *)0)->entries[0])", Structs.KVM_MSR_ENTRY.byteSize(),
            "offsetof(struct kvm_signal_mask, sigset)", Structs.KVM_SIGNAL_MASK.byteSize(),
            "offsetof(struct kvm_cpuid2, entries)", Structs.KVM_CPUID2.byteSize(),
            "sizeof(((struct kvm_cpuid2 *)0)->entries[0])", Structs.KVM_CPUID_ENTRY2.byteSize()));
  }

  @Test
  void theUnionOfExitsIsAsWideAsTheKernelMakesIt() {
    assertEqualInC(
        Map.of(
            "offsetof(struct kvm_run, kvm_valid_regs) - offsetof(struct kvm_run, io)",
            Structs.EXIT_UNION_SIZE_BYTES));
  }

  @Test
  void everyIoctlHasTheKernelsNumber() {
    assertEqualInC(valuesOf(Ioctl.values(), ioctl -> ioctl.request));
  }

  @Test
  void everyCapabilityHasTheKernelsNumber() {
    assertEqualInC(valuesOf(Capability.values(), capability -> capability.number));
  }

  private static <E extends Enum<E>> Map<String, Long> valuesOf(
      E[] constants, ToLongFunction<E> value) {
    Map<String, Long> values = new LinkedHashMap<>();
    for (E constant : constants) {
      values.put(constant.name(), value.applyAsLong(constant));
    }
    return values;
  }

  @Test
  void everyConstantOfTheVcpuIsTheKernels() {
    assertEqualInC(
        Map.of(
            "KVM_SYNC_X86_REGS", KvmVcpu.SYNC_REGS,
            "KVM_SYNC_X86_SREGS", KvmVcpu.SYNC_SREGS,
            "KVM_EXIT_IO_OUT", (long) KvmVcpu.IO_OUT,
            "KVM_EXIT_IO", (long) KvmVcpu.EXIT_IO,
            "KVM_EXIT_HLT", (long) KvmVcpu.EXIT_HLT,
            "KVM_EXIT_MMIO", (long) KvmVcpu.EXIT_MMIO,
            "KVM_EXIT_SHUTDOWN", (long) KvmVcpu.EXIT_SHUTDOWN,
            "KVM_EXIT_FAIL_ENTRY", (long) KvmVcpu.EXIT_FAIL_ENTRY,
            "KVM_EXIT_INTR", (long) KvmVcpu.EXIT_INTR,
            "KVM_EXIT_INTERNAL_ERROR", (long) KvmVcpu.EXIT_INTERNAL_ERROR));
  }

  @Test
  void everyRegisterIsWhereTheCCompilerPutsIt() {
    Map<String, Long> expected = new LinkedHashMap<>();
    for (Register register : Register.values()) {
      expected.put(
          "offsetof(struct kvm_regs, %s)"
              .formatted(register.name().toLowerCase(java.util.Locale.ROOT)),
          (long) register.place * Long.BYTES);
    }
    assertEqualInC(expected);
  }

  private static void assertEqualInC(Map<String, Long> expected) {
    assertThat(CProgram.evaluate("linux/kvm.h", expected.keySet())).isEqualTo(expected);
  }
}

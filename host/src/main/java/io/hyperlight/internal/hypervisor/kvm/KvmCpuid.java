package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;

import io.hyperlight.internal.hypervisor.x86.Cpuid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * An immutable {@code struct kvm_cpuid2}: what the CPUID instruction shows to a guest. The process
 * has one, in native memory. Every vCPU is given a pointer to it.
 */
final class KvmCpuid implements Cpuid {
  private static final long HEADER = Structs.KVM_CPUID2.byteSize();
  private static final long ENTRY = Structs.KVM_CPUID_ENTRY2.byteSize();
  private static final long FUNCTION = offset(Structs.KVM_CPUID_ENTRY2, "function");
  private static final long INDEX = offset(Structs.KVM_CPUID_ENTRY2, "index");

  private static final Map<Output, Long> OFFSETS = offsets();

  private static Map<Output, Long> offsets() {
    Map<Output, Long> offsets = new EnumMap<>(Output.class);
    for (Output output : Output.values()) {
      offsets.put(output, offset(Structs.KVM_CPUID_ENTRY2, output.name().toLowerCase(Locale.ROOT)));
    }
    return offsets;
  }

  final MemorySegment struct;

  private KvmCpuid(MemorySegment struct) {
    this.struct = struct;
  }

  static KvmCpuid copyOf(MemorySegment struct) {
    long size = HEADER + struct.get(ValueLayout.JAVA_INT, 0) * ENTRY;
    MemorySegment copy = Arena.ofAuto().allocate(size, 8);
    MemorySegment.copy(struct, 0, copy, 0, size);
    return new KvmCpuid(copy.asReadOnly());
  }

  @Override
  public int get(int function, int index, Output output) {
    int count = struct.get(ValueLayout.JAVA_INT, 0);
    for (int i = 0; i < count; i++) {
      long entry = HEADER + i * ENTRY;
      if (struct.get(ValueLayout.JAVA_INT, entry + FUNCTION) == function
          && struct.get(ValueLayout.JAVA_INT, entry + INDEX) == index) {
        return struct.get(
            ValueLayout.JAVA_INT, entry + Objects.requireNonNull(OFFSETS.get(output)));
      }
    }
    return 0;
  }
}

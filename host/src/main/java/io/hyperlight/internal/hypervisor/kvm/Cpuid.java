package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An immutable {@code struct kvm_cpuid2}: what the CPUID instruction shows to a guest. Kept in
 * native memory for good, ready to be handed to every vCPU; there is one for the process.
 */
public final class Cpuid {
  private static final long HEADER = Structs.KVM_CPUID2.byteSize();
  private static final long ENTRY = Structs.KVM_CPUID_ENTRY2.byteSize();
  private static final long FUNCTION = offset(Structs.KVM_CPUID_ENTRY2, "function");
  private static final long INDEX = offset(Structs.KVM_CPUID_ENTRY2, "index");

  /** An output register of the CPUID instruction. */
  public enum Output {
    EAX,
    EBX,
    ECX,
    EDX;

    private final long offset;

    Output() {
      offset = Structs.offset(Structs.KVM_CPUID_ENTRY2, name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  final MemorySegment struct;

  private Cpuid(MemorySegment struct) {
    this.struct = struct;
  }

  static Cpuid copyOf(MemorySegment struct) {
    long size = HEADER + struct.get(ValueLayout.JAVA_INT, 0) * ENTRY;
    MemorySegment copy = Arena.ofAuto().allocate(size, 8);
    MemorySegment.copy(struct, 0, copy, 0, size);
    return new Cpuid(copy.asReadOnly());
  }

  /** A register of a leaf, or 0 where the leaf is missing, as the processor does it. */
  public int get(int function, int index, Output output) {
    int count = struct.get(ValueLayout.JAVA_INT, 0);
    for (int i = 0; i < count; i++) {
      long entry = HEADER + i * ENTRY;
      if (struct.get(ValueLayout.JAVA_INT, entry + FUNCTION) == function
          && struct.get(ValueLayout.JAVA_INT, entry + INDEX) == index) {
        return struct.get(ValueLayout.JAVA_INT, entry + output.offset);
      }
    }
    return 0;
  }
}

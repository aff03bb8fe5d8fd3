package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Makes up a CPUID that KVM could report. */
public final class CpuidBuilder {
  private record Leaf(int function, int index) {}

  private final Map<Leaf, Map<Output, Integer>> leaves = new LinkedHashMap<>();

  /** Sets an output register of a leaf. */
  public CpuidBuilder set(int function, int index, Output output, int value) {
    leaves
        .computeIfAbsent(new Leaf(function, index), _ -> new EnumMap<>(Output.class))
        .put(output, value);
    return this;
  }

  /** Returns what was set. */
  public Cpuid build() {
    try (Arena arena = Arena.ofConfined()) {
      long header = Structs.KVM_CPUID2.byteSize();
      long size = Structs.KVM_CPUID_ENTRY2.byteSize();
      MemorySegment struct = arena.allocate(header + leaves.size() * size, 8);
      struct.set(JAVA_INT, 0, leaves.size());
      long at = header;
      for (Map.Entry<Leaf, Map<Output, Integer>> leaf : leaves.entrySet()) {
        set(struct, at, "function", leaf.getKey().function);
        set(struct, at, "index", leaf.getKey().index);
        for (Map.Entry<Output, Integer> output : leaf.getValue().entrySet()) {
          set(struct, at, output.getKey().name().toLowerCase(Locale.ROOT), output.getValue());
        }
        at += size;
      }
      return KvmCpuid.copyOf(struct);
    }
  }

  private static void set(MemorySegment struct, long at, String member, int value) {
    struct.set(JAVA_INT, at + offset(Structs.KVM_CPUID_ENTRY2, member), value);
  }
}

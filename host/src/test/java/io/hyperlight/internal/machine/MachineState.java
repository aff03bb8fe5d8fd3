package io.hyperlight.internal.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.memory.Mapping;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.X86Processor;
import io.hyperlight.testing.HostGraph;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be read of a machine at rest: every byte of its memory, every set of
 * registers that KVM shows, and the host's own account of the address space.
 */
public final class MachineState {
  /** Of STAR, LSTAR, CSTAR, SFMASK, EFER, bases, SYSENTER, PAT, TSC_AUX, XSS, DEBUGCTL. */
  private static final long[] MSRS = {
    0xc000_0080L,
    0xc000_0081L,
    0xc000_0082L,
    0xc000_0083L,
    0xc000_0084L,
    0xc000_0100L,
    0xc000_0101L,
    0xc000_0102L,
    0xc000_0103L,
    0x174,
    0x175,
    0x176,
    0x277,
    0xda0,
    0x1d9
  };

  /** XSTATE_BV says which components are not in their initial state. Their contents say more. */
  private static final int XSTATE_BV = 512;

  /** What the gate's code loads from memory before a thread goes on. */
  private static final List<String> BASES_AND_VECTORS =
      List.of("XSAVE", "special registers", "MSR 0xc0000100", "MSR 0xc0000101");

  /** The memory, which is compared elsewhere, and the pages of a vCPU, which are mapped later. */
  private static final Set<String> MEMORY =
      Set.of(
          "X86Processor.taskPage",
          "X86Processor.stackPage",
          "X86ContextSwitch.block",
          "X86Exits.exceptionStackTop",
          "X86Processor.memory",
          "X86ContextSwitch.memory",
          "X86Exits.memory",
          "VcpuRunner.memory");

  private final byte[] memory;
  private final Map<String, String> registers;
  private final List<Mapping> mappings;

  private MachineState(byte[] memory, Map<String, String> registers, List<Mapping> mappings) {
    this.memory = memory;
    this.registers = registers;
    this.mappings = mappings;
  }

  /**
   * Returns the state of memory and address space only, without the processor state that a next
   * call resets.
   */
  public static MachineState ofMemory(Vm machine) {
    return new MachineState(
        machine.memory().segment().toArray(JAVA_BYTE), Map.of(), machine.addressSpace().mappings());
  }

  /** Returns the whole state. */
  public static MachineState of(Vm machine) {
    return new MachineState(
        machine.memory().segment().toArray(JAVA_BYTE),
        registersOf(machine),
        machine.addressSpace().mappings());
  }

  /**
   * Describes the differences of a machine to another one, as {@link #differencesOf} does, without
   * copies of their memories. It names one difference of the memories only.
   *
   * <p>Machines that have had several threads are compared without vector state and bases. The
   * gate's code loads all of these from memory before a thread goes on.
   */
  public static List<String> differences(Vm expected, Vm found) {
    Map<String, String> registers = registersOf(expected);
    if (expected.contexts().size() > 1) {
      BASES_AND_VECTORS.forEach(registers::remove);
    }
    List<String> differences =
        new MachineState(new byte[0], registers, expected.addressSpace().mappings())
            .differencesOf(
                new MachineState(new byte[0], registersOf(found), found.addressSpace().mappings()));
    long first = expected.memory().segment().mismatch(found.memory().segment());
    if (first >= 0) {
      differences.add("memory at physical 0x%x is different".formatted(first));
    }
    return differences;
  }

  /**
   * Describes the differences of the further vCPUs of a machine to those that another one gets now,
   * in the host's objects and in the registers that the gate's code does not load.
   *
   * @param free fields of the host's objects that may be different
   */
  public static List<String> differencesOfTeam(Vm expected, Vm found, Set<String> free) {
    VcpuTeam used = teamOf(found);
    if (used == null) {
      return List.of();
    }
    VcpuTeam made = Objects.requireNonNull(expected.team());
    made.unmapPages(expected.addressSpace());
    List<String> differences =
        new ArrayList<>(HostGraph.compare(made, used, allOf(free, MEMORY)).differences());
    for (int i = 0; i < made.size(); i++) {
      Map<String, String> registers = registersOf(made.vcpus().get(i));
      BASES_AND_VECTORS.forEach(registers::remove);
      Map<String, String> actual = registersOf(used.vcpus().get(i));
      for (Map.Entry<String, String> register : registers.entrySet()) {
        String value = actual.get(register.getKey());
        if (!register.getValue().equals(value)) {
          differences.add(
              "%s of vCPU %d is %s instead of %s"
                  .formatted(register.getKey(), i + 1, value, register.getValue()));
        }
      }
    }
    return differences;
  }

  private static Set<String> allOf(Set<String> some, Set<String> more) {
    Set<String> all = new HashSet<>(some);
    all.addAll(more);
    return all;
  }

  private static @Nullable VcpuTeam teamOf(Vm machine) {
    try {
      Field team = Vm.class.getDeclaredField("team");
      team.setAccessible(true);
      return (VcpuTeam) team.get(machine);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Map<String, String> registersOf(Vm machine) {
    Map<String, String> registers = new LinkedHashMap<>();
    machine
        .context()
        .registers()
        .byName()
        .forEach((name, value) -> registers.put(name, hex(value)));
    registers.putAll(registersOf(machine.processor()));
    return registers;
  }

  private static Map<String, String> registersOf(Vcpu vcpu) {
    return registersOf(vcpu.processor());
  }

  private static Map<String, String> registersOf(Processor processor) {
    X86VirtualCpu vcpu = ((X86Processor) processor).vcpu();
    Map<String, String> registers = new LinkedHashMap<>();
    registers.put("special registers", vcpu.specialRegisters().toString());
    byte[] xsave = vcpu.extendedState();
    Arrays.fill(xsave, XSTATE_BV, XSTATE_BV + Long.BYTES, (byte) 0);
    registers.put("XSAVE", HexFormat.of().formatHex(xsave));
    registers.put("XCRS", HexFormat.of().formatHex(vcpu.extendedControlRegisters()));
    registers.put("debug registers", HexFormat.of().formatHex(vcpu.debugRegisters()));
    registers.put("events", HexFormat.of().formatHex(vcpu.pendingEvents()));
    for (long index : MSRS) {
      registers.put("MSR " + hex(index), msr(vcpu, index));
    }
    return registers;
  }

  /**
   * Returns whether the selectors of a guest are those of its vCPU, and not those of the thread.
   */
  public static boolean keepsSelectors() {
    return HostPlatform.get().kind().entry() == SystemCallEntry.SUPERVISOR;
  }

  private static String msr(X86VirtualCpu vcpu, long index) {
    try {
      return hex(vcpu.modelSpecificRegisters(index)[0]);
    } catch (HypervisorCallException e) {
      return "not there";
    }
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** Describes the differences of another machine. The list is empty if there are none. */
  public List<String> differencesOf(MachineState other) {
    List<String> differences = new ArrayList<>();
    for (int at = 0; at < memory.length; at += PhysicalMemory.PAGE_SIZE) {
      int end = at + PhysicalMemory.PAGE_SIZE;
      int first = Arrays.mismatch(memory, at, end, other.memory, at, end);
      if (first >= 0) {
        differences.add(
            "memory at physical 0x%x is 0x%02x instead of 0x%02x"
                .formatted(at + first, other.memory[at + first], memory[at + first]));
      }
    }
    registers.forEach((name, value) -> {
      String actual = other.registers.get(name);
      if (!value.equals(actual)) {
        differences.add("%s is %s instead of %s".formatted(name, actual, value));
      }
    });
    if (!mappings.equals(other.mappings)) {
      differences.add("the address space is %s instead of %s".formatted(other.mappings, mappings));
    }
    return differences;
  }

  /**
   * Returns the ranges of the address space that guest code may write, as pairs of start and end.
   */
  public static List<long[]> writableRanges(Vm machine) {
    return machine.addressSpace().mappings().stream()
        .filter(mapping -> mapping.protection().writable())
        .map(mapping -> new long[] {mapping.start(), mapping.end()})
        .toList();
  }

  /** Returns all ranges of the address space, as pairs of start and end. */
  public static List<long[]> mappedRanges(Vm machine) {
    return machine.addressSpace().mappings().stream()
        .map(mapping -> new long[] {mapping.start(), mapping.end()})
        .toList();
  }

  /** Returns whether guest code may run the code at an address. */
  public static boolean isExecutable(Vm machine, long address) {
    return machine.addressSpace().mappings().stream()
        .anyMatch(mapping ->
            mapping.start() <= address
                && address < mapping.end()
                && mapping.protection().executable());
  }
}

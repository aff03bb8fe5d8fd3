package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a hypervisor did, in the order of the requests. */
public final class Recording {
  /** A question about CPUID. */
  record Leaf(int function, int index, Cpuid.Output output) implements Comparable<Leaf> {
    @Override
    public int compareTo(Leaf other) {
      int order = Integer.compareUnsigned(function, other.function);
      order = order == 0 ? Integer.compare(index, other.index) : order;
      return order == 0 ? output.compareTo(other.output) : order;
    }
  }

  /** A virtual machine. */
  static final class Vm {
    final DirtyTracking tracking;
    final Cpu cpu = new Cpu();

    Vm(DirtyTracking tracking) {
      this.tracking = tracking;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Vm vm && tracking == vm.tracking && cpu.equals(vm.cpu);
    }

    @Override
    public int hashCode() {
      return tracking.hashCode();
    }
  }

  /** A virtual CPU: its state before its first run, if a test asked for it, and its runs. */
  static final class Cpu {
    final State initial = new State();
    final List<Run> runs = new ArrayList<>();

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Cpu cpu && initial.equals(cpu.initial) && runs.equals(cpu.runs);
    }

    @Override
    public int hashCode() {
      return runs.size();
    }
  }

  /** What was asked for between two runs. Null stands for what was not asked for. */
  static final class State {
    @Nullable SpecialRegisters special;
    byte @Nullable [] extended;
    byte @Nullable [] events;
    byte @Nullable [] debug;
    @Nullable List<Long> written;

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof State state
          && Objects.equals(special, state.special)
          && Arrays.equals(extended, state.extended)
          && Arrays.equals(events, state.events)
          && Arrays.equals(debug, state.debug)
          && Objects.equals(written, state.written);
    }

    @Override
    public int hashCode() {
      return Objects.hashCode(special);
    }
  }

  /** A run, or a step towards the end of an exit. */
  static final class Run {
    /** The registers that were committed before it, or null if none were. */
    long @Nullable [] given;

    boolean completes;
    int result;
    CpuExit exit = new CpuExit.Other(0);
    boolean trackerFull;
    int codeSegment;
    long[] registers = {};

    /** What the guest has written, by guest-physical address. */
    final Map<Long, byte[]> memory = new TreeMap<>();

    final State state = new State();

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Run run
          && completes == run.completes
          && result == run.result
          && trackerFull == run.trackerFull
          && codeSegment == run.codeSegment
          && exit.equals(run.exit)
          && Arrays.equals(given, run.given)
          && Arrays.equals(registers, run.registers)
          && state.equals(run.state)
          && memory.keySet().equals(run.memory.keySet())
          && memory.keySet().stream()
              .allMatch(at -> Arrays.equals(memory.get(at), run.memory.get(at)));
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(registers);
    }
  }

  final Map<Leaf, Integer> cpuid = new TreeMap<>();
  final Map<DirtyTracking, Boolean> offers = new EnumMap<>(DirtyTracking.class);
  final List<Vm> vms = new ArrayList<>();

  /** Returns how many runs there are in all. */
  public int runs() {
    return vms.stream().mapToInt(vm -> vm.cpu.runs.size()).sum();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Recording recording
        && cpuid.equals(recording.cpuid)
        && offers.equals(recording.offers)
        && vms.equals(recording.vms);
  }

  @Override
  public int hashCode() {
    return vms.size();
  }
}

package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.os.Errno;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Passes all calls on to another hypervisor, and records what that did. It is for one thread, and
 * one virtual CPU in each machine.
 */
public final class RecordingHypervisor implements X86Hypervisor {
  private static final int PAGE = 4096;

  /** The maximum number of unchanged bytes between two changed ones that are recorded with them. */
  private static final int GAP = 16;

  private final X86Hypervisor real;
  private final Recording recording = new Recording();

  public RecordingHypervisor(X86Hypervisor real) {
    this.real = real;
  }

  /** Returns the recording so far. */
  public Recording recording() {
    return recording;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String version() {
    return real.version();
  }

  @Override
  public List<String> capabilities() {
    return real.capabilities();
  }

  @Override
  public boolean offers(DirtyTracking tracking) {
    boolean offered = real.offers(tracking);
    recording.offers.put(tracking, offered);
    return offered;
  }

  @Override
  public Cpuid supportedCpuid() {
    return new RecordedCpuid(real.supportedCpuid());
  }

  private final class RecordedCpuid implements Cpuid {
    private final Cpuid cpuid;

    private RecordedCpuid(Cpuid cpuid) {
      this.cpuid = cpuid;
    }

    @Override
    public int get(int function, int index, Output output) {
      int value = cpuid.get(function, index, output);
      recording.cpuid.put(new Recording.Leaf(function, index, output), value);
      return value;
    }
  }

  @Override
  public X86VirtualMachine createVm(DirtyTracking tracking) {
    X86VirtualMachine vm = real.createVm(tracking);
    recording.vms.add(new Recording.Vm(tracking));
    return new Vm(vm, recording.vms.getLast().cpu);
  }

  @Override
  public void close() {
    real.close();
  }

  private static final class Vm implements X86VirtualMachine {
    private final X86VirtualMachine vm;
    private final Recording.Cpu recorded;
    private final Map<Long, MemorySegment> memory = new TreeMap<>();
    private @Nullable Cpu cpu;

    private Vm(X86VirtualMachine vm, Recording.Cpu recorded) {
      this.vm = vm;
      this.recorded = recorded;
    }

    @Override
    public void addMemory(long guestPhysicalAddress, MemorySegment more, boolean tracked) {
      vm.addMemory(guestPhysicalAddress, more, tracked);
      memory.put(guestPhysicalAddress, more);
    }

    @Override
    public void removeMemory(long guestPhysicalAddress) {
      vm.removeMemory(guestPhysicalAddress);
      memory.remove(guestPhysicalAddress);
    }

    @Override
    public void forgetTranslations(long guestPhysicalAddress, long sizeBytes) {
      vm.forgetTranslations(guestPhysicalAddress, sizeBytes);
    }

    @Override
    public void forgetTables() {
      vm.forgetTables();
    }

    @Override
    public X86VirtualCpu createCpu(int id) {
      Cpu created = new Cpu(vm.createCpu(id), recorded, memory);
      cpu = created;
      return created;
    }

    @Override
    public DirtyTracker track(VirtualCpu ignored) {
      Cpu writer = Objects.requireNonNull(cpu);
      DirtyTracker tracker = vm.track(writer.cpu);
      return new DirtyTracker() {
        @Override
        public void collect(PageSet pages) {
          List<Long> written = new ArrayList<>();
          tracker.collect(page -> {
            written.add(page);
            pages.add(page);
          });
          writer.state.written = written.stream().sorted().distinct().toList();
        }

        @Override
        public boolean needsRearming() {
          return tracker.needsRearming();
        }

        @Override
        public void rearm() {
          tracker.rearm();
        }

        @Override
        public void close() {
          tracker.close();
        }
      };
    }

    @Override
    public void close() {
      vm.close();
    }
  }

  private static final class Cpu implements X86VirtualCpu {
    private final X86VirtualCpu cpu;
    private final Recording.Cpu recorded;
    private final Map<Long, MemorySegment> memory;
    private Recording.State state;
    private boolean committed;
    private boolean viewsCodeSegment;

    /** A run that a signal has ended, with the memory before it. The next run continues it. */
    private Recording.@Nullable Run interrupted;

    private Map<Long, byte[]> beforeInterrupted = Map.of();

    private Cpu(X86VirtualCpu cpu, Recording.Cpu recorded, Map<Long, MemorySegment> memory) {
      this.cpu = cpu;
      this.recorded = recorded;
      this.memory = memory;
      state = recorded.initial;
    }

    @Override
    public int run() {
      Recording.Run run = interrupted == null ? begin(false) : interrupted;
      Map<Long, byte[]> before = interrupted == null ? copies() : beforeInterrupted;
      run.result = cpu.run();
      if (run.result == Errno.EINTR) { // a signal from elsewhere
        interrupted = run;
        beforeInterrupted = before;
      } else {
        interrupted = null;
        end(run, before);
      }
      return run.result;
    }

    @Override
    public boolean completeExit() {
      Recording.Run run = begin(true);
      Map<Long, byte[]> before = copies();
      boolean complete = cpu.completeExit();
      run.result = complete ? Errno.EINTR : 0;
      end(run, before);
      return complete;
    }

    private Recording.Run begin(boolean completes) {
      Recording.Run run = new Recording.Run();
      run.completes = completes;
      run.given = committed ? registers() : null;
      committed = false;
      return run;
    }

    private void end(Recording.Run run, Map<Long, byte[]> before) {
      run.exit = cpu.exit();
      run.trackerFull = cpu.isTrackerFull();
      run.codeSegment = viewsCodeSegment ? cpu.codeSegmentSelector() : 0;
      run.registers = registers();
      before.forEach((start, bytes) -> addChanges(run.memory, start, bytes));
      recorded.runs.add(run);
      state = run.state;
    }

    private Map<Long, byte[]> copies() {
      Map<Long, byte[]> copies = new TreeMap<>();
      memory.forEach((start, segment) ->
          copies.put(start, segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)));
      return copies;
    }

    private void addChanges(Map<Long, byte[]> changes, long start, byte[] before) {
      byte[] after =
          Objects.requireNonNull(memory.get(start))
              .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      for (int page = 0; page < before.length; page += PAGE) {
        int end = page + PAGE;
        int at = page;
        int first;
        while ((first = Arrays.mismatch(before, at, end, after, at, end)) >= 0) {
          int from = at + first;
          int last = from;
          for (int i = from; i < end && i - last <= GAP; i++) {
            last = before[i] == after[i] ? last : i;
          }
          changes.put(start + from, Arrays.copyOfRange(after, from, last + 1));
          at = last + 1;
        }
      }
    }

    private long[] registers() {
      long[] values = new long[Register.values().length];
      for (Register register : Register.values()) {
        values[register.place] = cpu.get(register);
      }
      return values;
    }

    @Override
    public HypervisorCallException failedRun(int error) {
      return cpu.failedRun(error);
    }

    @Override
    public boolean isExitUnseen() {
      return cpu.isExitUnseen();
    }

    @Override
    public void exitSeen() {
      cpu.exitSeen();
    }

    @Override
    public boolean isDoorbell(int number) {
      return cpu.isDoorbell(number);
    }

    @Override
    public boolean isTrackerFull() {
      return cpu.isTrackerFull();
    }

    @Override
    public CpuExit exit() {
      return cpu.exit();
    }

    @Override
    public void takeBackPending() {
      cpu.takeBackPending();
    }

    @Override
    public long timeStampCounter() {
      return cpu.timeStampCounter();
    }

    @Override
    public void setSignalMask(long blocked) {
      cpu.setSignalMask(blocked);
    }

    @Override
    public long get(Register register) {
      return cpu.get(register);
    }

    @Override
    public void set(Register register, long value) {
      cpu.set(register, value);
    }

    @Override
    public void clearRegisters() {
      cpu.clearRegisters();
    }

    @Override
    public void commitRegisters() {
      cpu.commitRegisters();
      committed = true;
    }

    @Override
    public void viewCodeSegment() {
      cpu.viewCodeSegment();
      viewsCodeSegment = true;
    }

    @Override
    public int codeSegmentSelector() {
      return cpu.codeSegmentSelector();
    }

    @Override
    public long faultAddress() {
      return specialRegisters().cr2();
    }

    @Override
    public void takeSelectorsFromThread() {
      cpu.takeSelectorsFromThread();
    }

    @Override
    public SpecialRegisters specialRegisters() {
      SpecialRegisters special = cpu.specialRegisters();
      state.special = special;
      return special;
    }

    @Override
    public void setSpecialRegisters(SpecialRegisters registers) {
      cpu.setSpecialRegisters(registers);
    }

    @Override
    public void setCpuid(Cpuid cpuid) {
      cpu.setCpuid(((RecordedCpuid) cpuid).cpuid);
    }

    @Override
    public void setXcr0(long value) {
      cpu.setXcr0(value);
    }

    @Override
    public byte[] extendedControlRegisters() {
      return cpu.extendedControlRegisters();
    }

    @Override
    public byte[] extendedState() {
      byte[] extended = cpu.extendedState();
      state.extended = extended.clone();
      return extended;
    }

    @Override
    public void setExtendedState(byte[] area) {
      cpu.setExtendedState(area);
    }

    @Override
    public long[] modelSpecificRegisters(long... indices) {
      return cpu.modelSpecificRegisters(indices);
    }

    @Override
    public void setModelSpecificRegisters(long... indicesAndValues) {
      cpu.setModelSpecificRegisters(indicesAndValues);
    }

    @Override
    public byte[] pendingEvents() {
      byte[] events = cpu.pendingEvents();
      state.events = events.clone();
      return events;
    }

    @Override
    public byte[] debugRegisters() {
      byte[] debug = cpu.debugRegisters();
      state.debug = debug.clone();
      return debug;
    }

    @Override
    public void resetDebugRegisters() {
      cpu.resetDebugRegisters();
    }

    @Override
    public void close() {
      cpu.close();
    }
  }
}

package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.os.Errno;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A virtual CPU of a {@link FakeHypervisor}. */
final class FakeCpu implements X86VirtualCpu {
  private static final long CR0_PE = 1;
  private static final long CR0_PG = 1L << 31;
  private static final long XCR0_X87 = 1;
  private static final long TSC = 0x10;
  private static final long LSTAR = 0xc000_0082L;
  private static final int AREA = 4096;
  private static final int MXCSR = 24;

  private final FakeHypervisor hypervisor;
  private final FakeVm vm;
  private final Recording.Cpu recorded;
  private final long[] view = new long[Register.values().length];
  private final Map<Long, Long> msrs = new HashMap<>();
  private Recording.State state;
  private SpecialRegisters special;
  private byte[] extended = new byte[AREA];
  private CpuExit exit = new CpuExit.Other(0);
  private boolean trackerFull;
  private int codeSegment;
  private boolean viewsCodeSegment;
  private boolean committed;
  private boolean exitUnseen;
  private int runs;
  private volatile boolean running;
  private boolean closed;

  FakeCpu(FakeHypervisor hypervisor, FakeVm vm, Recording.Cpu recorded) {
    this.hypervisor = hypervisor;
    this.vm = vm;
    this.recorded = recorded;
    state = recorded.initial;
    special = recorded.initial.special == null ? reset() : recorded.initial.special;
    hypervisor.opened();
  }

  /** Returns the registers of a new processor. */
  private static SpecialRegisters reset() {
    Segment none = new Segment(0, 0xffff, 0, 3, true, 0, false, true, false, false, false);
    DescriptorTable table = new DescriptorTable(0, 0xffff);
    return new SpecialRegisters(
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        table,
        table,
        0x10,
        0,
        0,
        0,
        0,
        0,
        0xfee0_0900L);
  }

  private void check(String call) {
    if (closed) {
      throw new FakeCallException(call, Errno.EBADF);
    }
    if (running) {
      throw new IllegalStateException(call + ": the CPU runs");
    }
  }

  boolean isRunning() {
    return running;
  }

  boolean isClosed() {
    return closed;
  }

  // Runs.

  @Override
  public int run() {
    check("run");
    if (exitUnseen) {
      throw new IllegalStateException("nobody has looked at the last exit: " + exit);
    }
    return next(false);
  }

  @Override
  public boolean completeExit() {
    check("completeExit");
    int result = next(true);
    if (result != 0 && result != Errno.EINTR) {
      throw failedRun(result);
    }
    return result == Errno.EINTR;
  }

  private int next(boolean completes) {
    running = true;
    exitUnseen = true;
    try {
      int error = hypervisor.nextFailure();
      if (error != 0) {
        exitUnseen = error != Errno.EINTR;
        return error;
      }
      return replay(completes);
    } finally {
      running = false;
    }
  }

  private int replay(boolean completes) {
    if (runs == recorded.runs.size()) {
      throw new IllegalStateException("the recording has no run " + runs);
    }
    Recording.Run run = recorded.runs.get(runs++);
    long @Nullable [] given = committed ? view.clone() : null;
    committed = false;
    if (run.completes != completes || !Arrays.equals(given, run.given)) {
      throw new IllegalStateException(
          "run %d is asked for with %s%s, and was with %s%s: record anew"
              .formatted(
                  runs - 1,
                  hex(given),
                  completes ? " to complete an exit" : "",
                  hex(run.given),
                  run.completes ? " to complete an exit" : ""));
    }
    run.memory.forEach(vm::write);
    System.arraycopy(run.registers, 0, view, 0, view.length);
    exit = run.exit;
    trackerFull = run.trackerFull;
    codeSegment = run.codeSegment;
    state = run.state;
    special = state.special == null ? special : state.special;
    extended = state.extended == null ? extended : state.extended.clone();
    exitUnseen = run.result != Errno.EINTR;
    return run.result;
  }

  private static String hex(long @Nullable [] values) {
    return values == null
        ? "nothing"
        : Arrays.stream(values).mapToObj(Long::toHexString).toList().toString();
  }

  @Override
  public HypervisorCallException failedRun(int error) {
    return new FakeCallException("run", error);
  }

  @Override
  public boolean isExitUnseen() {
    return exitUnseen;
  }

  @Override
  public void exitSeen() {
    check("exitSeen");
    exitUnseen = false;
  }

  @Override
  public boolean isDoorbell(int number) {
    check("isDoorbell");
    return exit.equals(new CpuExit.DeviceAccess(true, 1, number, 1));
  }

  @Override
  public boolean isTrackerFull() {
    return trackerFull;
  }

  @Override
  public CpuExit exit() {
    check("exit");
    return exit;
  }

  /** Returns what the guest has written up to now, according to the recording. */
  List<Long> written() {
    return Objects.requireNonNullElse(state.written, List.of());
  }

  @Override
  public void takeBackPending() {
    check("takeBackPending");
  }

  @Override
  public long timeStampCounter() {
    return modelSpecificRegisters(TSC)[0];
  }

  @Override
  public void setSignalMask(long blocked) {
    check("setSignalMask");
  }

  // Registers.

  @Override
  public long get(Register register) {
    check("get");
    return view[register.place];
  }

  @Override
  public void set(Register register, long value) {
    check("set");
    view[register.place] = value;
  }

  @Override
  public void clearRegisters() {
    check("clearRegisters");
    Arrays.fill(view, 0);
  }

  @Override
  public void commitRegisters() {
    check("commitRegisters");
    committed = true;
  }

  @Override
  public void viewCodeSegment() {
    check("viewCodeSegment");
    viewsCodeSegment = true;
  }

  @Override
  public int codeSegmentSelector() {
    if (!viewsCodeSegment) {
      throw new IllegalStateException("nobody has asked for CS");
    }
    return codeSegment;
  }

  @Override
  public long faultAddress() {
    return specialRegisters().cr2();
  }

  @Override
  public void takeSelectorsFromThread() {
    check("takeSelectorsFromThread");
  }

  @Override
  public SpecialRegisters specialRegisters() {
    check("specialRegisters");
    return special;
  }

  @Override
  public void setSpecialRegisters(SpecialRegisters registers) {
    check("setSpecialRegisters");
    if ((registers.cr0() & CR0_PG) != 0 && (registers.cr0() & CR0_PE) == 0) {
      throw new FakeCallException("setSpecialRegisters", Errno.EINVAL);
    }
    special = registers;
  }

  @Override
  public void setCpuid(Cpuid cpuid) {
    check("setCpuid");
    if (runs > 0) {
      throw new FakeCallException("setCpuid", Errno.EINVAL);
    }
  }

  @Override
  public void setXcr0(long value) {
    check("setXcr0");
    if ((value & XCR0_X87) == 0) {
      throw new FakeCallException("setXcr0", Errno.EINVAL);
    }
  }

  @Override
  public byte[] extendedControlRegisters() {
    check("extendedControlRegisters");
    return new byte[0];
  }

  @Override
  public byte[] extendedState() {
    check("extendedState");
    return extended.clone();
  }

  @Override
  public void setExtendedState(byte[] area) {
    check("setExtendedState");
    if ((area[MXCSR + 2] | area[MXCSR + 3]) != 0) {
      throw new FakeCallException("setExtendedState", Errno.EINVAL);
    }
    extended = Arrays.copyOf(area, AREA);
  }

  @Override
  public long[] modelSpecificRegisters(long... indices) {
    check("modelSpecificRegisters");
    return Arrays.stream(indices).map(index -> msrs.getOrDefault(index, 0L)).toArray();
  }

  @Override
  public void setModelSpecificRegisters(long... indicesAndValues) {
    check("setModelSpecificRegisters");
    for (int i = 0; i < indicesAndValues.length; i += 2) {
      long value = indicesAndValues[i + 1];
      if (indicesAndValues[i] == LSTAR && value << 16 >> 16 != value) {
        throw new FakeCallException("setModelSpecificRegisters", Errno.EINVAL);
      }
      msrs.put(indicesAndValues[i], value);
    }
  }

  @Override
  public byte[] pendingEvents() {
    check("pendingEvents");
    return Objects.requireNonNullElse(state.events, new byte[0]);
  }

  @Override
  public byte[] debugRegisters() {
    check("debugRegisters");
    return Objects.requireNonNullElse(state.debug, new byte[0]);
  }

  @Override
  public void resetDebugRegisters() {
    check("resetDebugRegisters");
  }

  @Override
  public void close() {
    if (running) {
      throw new IllegalStateException("the CPU runs");
    }
    if (!closed) {
      closed = true;
      hypervisor.closed();
    }
  }
}

package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_RUN;
import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostIoctl;
import io.hyperlight.internal.os.HostMemory;
import io.hyperlight.internal.os.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/**
 * A virtual CPU's descriptor and its shared {@code struct kvm_run}. Only one thread at a time may
 * use it.
 *
 * <p>Registers are in {@code kvm_run} ({@code KVM_CAP_SYNC_REGS}). {@link #get} reads the state of
 * the last exit. A value of {@link #set} takes effect at the next {@link #run} once {@link
 * #commitRegisters} was called. No method of the hot path ({@link #run}, {@link #isDoorbell},
 * {@link #get}, {@link #set}) allocates.
 */
final class KvmVcpu extends KvmFile implements X86VirtualCpu {
  /** {@code KVM_SYNC_X86_REGS}. */
  static final long SYNC_REGS = 1;

  /** {@code KVM_SYNC_X86_SREGS}. */
  static final long SYNC_SREGS = 2;

  private static final long MSR_TSC = 0x10;

  static final int EXIT_UNKNOWN = 0;
  static final int EXIT_IO = 2;
  static final int EXIT_HLT = 5;
  static final int EXIT_MMIO = 6;
  static final int EXIT_SHUTDOWN = 8;
  static final int EXIT_FAIL_ENTRY = 9;
  static final int EXIT_INTR = 10;
  static final int EXIT_INTERNAL_ERROR = 17;

  static final int EXIT_DIRTY_RING_FULL = 31;

  static final int IO_OUT = 1;

  private static final long IMMEDIATE_EXIT = offset(KVM_RUN, "immediate_exit");
  private static final long EXIT_REASON = offset(KVM_RUN, "exit_reason");
  private static final long UNION = offset(KVM_RUN, "io");
  private static final long VALID_REGS = offset(KVM_RUN, "kvm_valid_regs");
  private static final long DIRTY_REGS = offset(KVM_RUN, "kvm_dirty_regs");
  private static final long REGS = offset(KVM_RUN, "s", "regs", "regs");
  private static final long SREGS = offset(KVM_RUN, "s", "regs", "sregs");
  private static final long XCR_COUNT = offset(Structs.KVM_XCRS, "nr_xcrs");
  private static final long FIRST_XCR_VALUE =
      offset(Structs.KVM_XCRS, "xcrs") + offset(Structs.KVM_XCR, "value");
  private static final long CS_SELECTOR = SREGS + offset(Structs.KVM_SREGS, "cs", "selector");
  private static final long CR2 = SREGS + offset(Structs.KVM_SREGS, "cr2");

  private final MemorySegment run;
  private boolean unmapped;

  /**
   * Set before each {@code KVM_RUN}: an error of the JVM may come before the end of the run is
   * known.
   */
  private boolean exitUnseen;

  /** Whether KVM leaves the guest's selectors in the thread. */
  private boolean leavesSelectors;

  /**
   * The mask that {@link #setSignalMask} has set. A mask never has the signals that cannot be
   * blocked, so -1 differs from every one.
   */
  private long signalMask = -1;

  /** The state that {@link #takeBackPending} and {@link #resetDebugRegisters} restore. */
  private final NewVcpu newVcpu;

  private final MemorySegment errno = Posix.allocateErrno(Arena.ofAuto());

  private KvmVcpu(int fd, MemorySegment run, NewVcpu newVcpu) {
    super(fd);
    this.newVcpu = newVcpu;
    this.run = run;
    run.set(JAVA_LONG, VALID_REGS, SYNC_REGS);
  }

  static KvmVcpu map(int fd, int mmapSize, NewVcpu newVcpu) {
    MemorySegment run = null;
    try {
      run =
          HostMemory.mmap(
              mmapSize, HostMemory.PROT_READ | HostMemory.PROT_WRITE, HostMemory.MAP_SHARED, fd);
      HostMemory.keepOutOfDumps(run);
      return new KvmVcpu(fd, run, newVcpu);
    } catch (Throwable t) {
      try {
        if (run != null) {
          HostMemory.munmap(run);
        }
      } finally {
        HostDescriptors.close(fd);
      }
      throw t;
    }
  }

  /** {@code KVM_RUN}. */
  @Override
  public int run() {
    exitUnseen = true;
    int result =
        leavesSelectors
            ? HostIoctl.runIoctl(fd, Ioctl.KVM_RUN.request, 0)
            : HostIoctl.ioctl(fd, Ioctl.KVM_RUN.request, 0);
    if (result == 0) {
      return 0;
    }
    if (run.get(JAVA_INT, EXIT_REASON) == EXIT_INTR) {
      run.set(JAVA_INT, EXIT_REASON, EXIT_UNKNOWN); // so that no later run reports this exit
      exitUnseen = false;
      return Errno.EINTR;
    }
    return runForError();
  }

  /**
   * Runs again, to get the error number of a run that has failed. If this run does not fail,
   * nothing is lost. No step of the guest happens twice: KVM loads the registers that were set,
   * finishes the last exit's instruction once, and continues where the run has failed.
   */
  private int runForError() {
    int error = HostIoctl.ioctl(errno, fd, Ioctl.KVM_RUN.request, 0) == 0 ? 0 : Posix.errno(errno);
    if (leavesSelectors) {
      HostIoctl.runSecond();
    }
    // A run that a signal ends finishes the last exit and makes no new one.
    exitUnseen = error != Errno.EINTR;
    return error;
  }

  @Override
  public boolean isExitUnseen() {
    return exitUnseen;
  }

  @Override
  public void exitSeen() {
    exitUnseen = false;
  }

  /** {@code KVM_SET_SIGNAL_MASK}. */
  @Override
  public void setSignalMask(long blocked) {
    if (blocked == signalMask) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      long header = Structs.KVM_SIGNAL_MASK.byteSize();
      MemorySegment struct = arena.allocate(header + Long.BYTES, 8);
      struct.set(JAVA_INT, 0, Long.BYTES); // the size of the kernel's sigset_t
      struct.set(JAVA_LONG_UNALIGNED, header, blocked);
      ioctl(arena, Ioctl.KVM_SET_SIGNAL_MASK, struct);
    }
    signalMask = blocked;
  }

  @Override
  public KvmException failedRun(int error) {
    return new KvmException(Ioctl.KVM_RUN, error);
  }

  /**
   * {@inheritDoc}
   *
   * <p>KVM completes an {@code in}, {@code ins}, {@code outs} or a memory-mapped access at the
   * <em>next</em> {@code KVM_RUN}. Memory and registers may belong to another context by then, and
   * KVM would write into them.
   */
  @Override
  public boolean completeExit() {
    exitUnseen = true;
    run.set(JAVA_BYTE, IMMEDIATE_EXIT, (byte) 1);
    int error;
    try {
      error = runForError();
    } finally {
      run.set(JAVA_BYTE, IMMEDIATE_EXIT, (byte) 0);
    }
    if (error != 0 && error != Errno.EINTR) {
      throw failedRun(error);
    }
    return error == Errno.EINTR;
  }

  @Override
  public void viewCodeSegment() {
    run.set(JAVA_LONG, VALID_REGS, SYNC_REGS | SYNC_SREGS);
  }

  @Override
  public void takeSelectorsFromThread() {
    leavesSelectors = true;
  }

  @Override
  public long get(Register register) {
    return run.get(JAVA_LONG, REGS + (long) register.place * Long.BYTES);
  }

  @Override
  public void set(Register register, long value) {
    run.set(JAVA_LONG, REGS + (long) register.place * Long.BYTES, value);
  }

  @Override
  public void clearRegisters() {
    // Single stores, since a bulk fill of 144 bytes costs more.
    for (long at = REGS; at < REGS + 18 * 8; at += 8) {
      run.set(JAVA_LONG, at, 0);
    }
  }

  @Override
  public void commitRegisters() {
    run.set(JAVA_LONG, DIRTY_REGS, SYNC_REGS);
  }

  @Override
  public int codeSegmentSelector() {
    return Short.toUnsignedInt(run.get(JAVA_SHORT, CS_SELECTOR));
  }

  /** {@inheritDoc} Without the view, this is {@code KVM_GET_SREGS}. */
  @Override
  public long faultAddress() {
    return (run.get(JAVA_LONG, VALID_REGS) & SYNC_SREGS) != 0
        ? run.get(JAVA_LONG, CR2)
        : specialRegisters().cr2();
  }

  /** {@inheritDoc} A device is a port. */
  @Override
  public boolean isDoorbell(int number) {
    return isByteOut(run, number);
  }

  static boolean isByteOut(MemorySegment run, int port) {
    // direction, size, port and count fill eight bytes, which one comparison covers.
    return run.get(JAVA_INT, EXIT_REASON) == EXIT_IO
        && run.get(JAVA_LONG, UNION) == (IO_OUT | 1L << 8 | (long) port << 16 | 1L << 32);
  }

  @Override
  public boolean isTrackerFull() {
    return run.get(JAVA_INT, EXIT_REASON) == EXIT_DIRTY_RING_FULL;
  }

  @Override
  public CpuExit exit() {
    return exit(run);
  }

  static CpuExit exit(MemorySegment run) {
    int reason = run.get(JAVA_INT, EXIT_REASON);
    return switch (reason) {
      case EXIT_IO ->
          new CpuExit.DeviceAccess(
              run.get(JAVA_BYTE, UNION) == IO_OUT,
              Byte.toUnsignedInt(run.get(JAVA_BYTE, UNION + 1)),
              run.get(JAVA_INT, UNION) >>> 16,
              run.get(JAVA_INT, UNION + 4));
      case EXIT_HLT -> new CpuExit.Halt();
      case EXIT_MMIO ->
          // phys_addr, data[8], len, is_write
          new CpuExit.MemoryAccess(
              run.get(JAVA_LONG, UNION),
              run.get(JAVA_INT, UNION + 16),
              run.get(JAVA_BYTE, UNION + 20) != 0);
      case EXIT_SHUTDOWN -> new CpuExit.Shutdown();
      case EXIT_FAIL_ENTRY -> new CpuExit.EntryRefused(run.get(JAVA_LONG, UNION));
      case EXIT_INTR -> new CpuExit.Interrupted();
      case EXIT_INTERNAL_ERROR -> new CpuExit.HypervisorError(run.get(JAVA_INT, UNION));
      default -> new CpuExit.Other(reason);
    };
  }

  /** {@code KVM_GET_SREGS}. */
  @Override
  public SpecialRegisters specialRegisters() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_SREGS);
      ioctl(arena, Ioctl.KVM_GET_SREGS, struct);
      return KvmSpecialRegisters.read(struct);
    }
  }

  /** {@code KVM_SET_SREGS}. */
  @Override
  public void setSpecialRegisters(SpecialRegisters registers) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_SREGS);
      KvmSpecialRegisters.write(registers, struct);
      ioctl(arena, Ioctl.KVM_SET_SREGS, struct);
    }
  }

  /** {@code KVM_GET_VCPU_EVENTS}. */
  @Override
  public byte[] pendingEvents() {
    return get(Ioctl.KVM_GET_VCPU_EVENTS, Structs.KVM_VCPU_EVENTS);
  }

  /** {@code KVM_SET_VCPU_EVENTS}. */
  @Override
  public void takeBackPending() {
    set(Ioctl.KVM_SET_VCPU_EVENTS, newVcpu.events());
  }

  /** {@code KVM_GET_DEBUGREGS}. */
  @Override
  public byte[] debugRegisters() {
    return get(Ioctl.KVM_GET_DEBUGREGS, Structs.KVM_DEBUGREGS);
  }

  /** {@code KVM_SET_DEBUGREGS}. */
  @Override
  public void resetDebugRegisters() {
    set(Ioctl.KVM_SET_DEBUGREGS, newVcpu.debugRegisters());
  }

  /** {@code KVM_GET_XSAVE}. */
  @Override
  public byte[] extendedState() {
    return get(Ioctl.KVM_GET_XSAVE, Structs.KVM_XSAVE);
  }

  /** {@code KVM_SET_XSAVE}. */
  @Override
  public void setExtendedState(byte[] area) {
    set(Ioctl.KVM_SET_XSAVE, area);
  }

  /** {@code KVM_GET_XCRS}. */
  @Override
  public byte[] extendedControlRegisters() {
    return get(Ioctl.KVM_GET_XCRS, Structs.KVM_XCRS);
  }

  private byte[] get(Ioctl ioctl, MemoryLayout layout) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(layout.byteSize(), 8);
      ioctl(arena, ioctl, struct);
      return struct.toArray(JAVA_BYTE);
    }
  }

  private void set(Ioctl ioctl, byte[] contents) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(contents.length, 8);
      struct.copyFrom(MemorySegment.ofArray(contents));
      ioctl(arena, ioctl, struct);
    }
  }

  /** {@code KVM_GET_MSRS}. */
  @Override
  public long[] modelSpecificRegisters(long... indices) {
    try (Arena arena = Arena.ofConfined()) {
      long entry = Structs.KVM_MSR_ENTRY.byteSize();
      long header = Structs.KVM_MSRS.byteSize();
      MemorySegment struct = arena.allocate(header + indices.length * entry, 8);
      struct.set(JAVA_INT, 0, indices.length);
      for (int i = 0; i < indices.length; i++) {
        struct.set(JAVA_INT, header + i * entry, (int) indices[i]);
      }
      int read = ioctl(arena, Ioctl.KVM_GET_MSRS, struct);
      if (read != indices.length) {
        throw new KvmException(
            Ioctl.KVM_GET_MSRS, " of MSR 0x%x".formatted(indices[read]), Errno.EINVAL);
      }
      long[] values = new long[indices.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = struct.get(JAVA_LONG, header + i * entry + 8);
      }
      return values;
    }
  }

  /** {@code KVM_GET_MSRS} of IA32_TIME_STAMP_COUNTER. */
  @Override
  public long timeStampCounter() {
    return modelSpecificRegisters(MSR_TSC)[0];
  }

  /** {@code KVM_SET_CPUID2}. */
  @Override
  public void setCpuid(Cpuid cpuid) {
    ioctl(Ioctl.KVM_SET_CPUID2, ((KvmCpuid) cpuid).struct.address());
  }

  /** {@code KVM_SET_XCRS}. */
  @Override
  public void setXcr0(long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_XCRS);
      struct.set(JAVA_INT, XCR_COUNT, 1);
      struct.set(JAVA_LONG, FIRST_XCR_VALUE, value);
      ioctl(arena, Ioctl.KVM_SET_XCRS, struct);
    }
  }

  /** {@code KVM_SET_MSRS}. */
  @Override
  public void setModelSpecificRegisters(long... indicesAndValues) {
    int count = indicesAndValues.length / 2;
    try (Arena arena = Arena.ofConfined()) {
      long entry = Structs.KVM_MSR_ENTRY.byteSize();
      long header = Structs.KVM_MSRS.byteSize();
      MemorySegment struct = arena.allocate(header + count * entry, 8);
      struct.set(JAVA_INT, 0, count);
      for (int i = 0; i < count; i++) {
        struct.set(JAVA_INT, header + i * entry, (int) indicesAndValues[2 * i]);
        struct.set(JAVA_LONG, header + i * entry + 8, indicesAndValues[2 * i + 1]);
      }
      int set = ioctl(arena, Ioctl.KVM_SET_MSRS, struct);
      if (set != count) {
        // The ioctl stops at the first register it refuses and returns how many it took.
        throw new KvmException(
            Ioctl.KVM_SET_MSRS, " of MSR 0x%x".formatted(indicesAndValues[2 * set]), Errno.EINVAL);
      }
    }
  }

  @Override
  public void close() {
    try {
      if (!unmapped) {
        HostMemory.munmap(run);
        unmapped = true;
      }
    } finally {
      super.close();
    }
  }
}

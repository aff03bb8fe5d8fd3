package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.AddressSpaces;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.Exits;
import io.hyperlight.internal.machine.x86.Flags;
import io.hyperlight.internal.machine.x86.Gate;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.Processor;
import io.hyperlight.internal.machine.x86.StoppedState;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.UserContext;
import io.hyperlight.internal.machine.x86.UserState;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.RestoreOrder;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One micro-VM: memory, one vCPU, monitor and gate, and the loop that runs them.
 *
 * <p>Between runs the vCPU rests in the system-call stub or at the gate's exit, at an {@code out}.
 * From there the host lets it go on in one of two ways, both through the stub's return instruction
 * and so at CPL 3: {@link #enterGate} starts a call with every general register written by the
 * host, {@link #resume} answers a system call.
 *
 * <p><b>Boundary.</b> Everything a guest can do ends in {@link #run}, which sorts it: a system call
 * through the stub, or a {@link Trap}. After a trap the machine runs again only after {@link
 * #restore}.
 *
 * <p>For one thread at a time, any thread.
 */
public final class Machine implements AutoCloseable {
  /** The least memory that holds the monitor, the gate and their tables. */
  static final long MINIMUM_MEMORY = 32L * PhysicalMemory.PAGE_SIZE;

  /** Where KVM keeps its own pages, and the APIC's, below 4 GiB. */
  public static final long MAXIMUM_MEMORY = 3L << 30;

  /** What {@link #runExitless} returns if there is a message, instead of an error number. */
  private static final int MESSAGE = -2;

  private final Platform platform;
  private final SystemCallEntry entry;
  private final long systemCallStub;
  private final PhysicalMemory memory;
  private final AddressSpaces addressSpaces;

  /** The one that calls run in. */
  private final AddressSpace addressSpace;

  private final long exceptionStackTop;
  private final Processor processor;
  private final X86VirtualCpu vcpu;
  private final Exits exits;
  private final Call.Run run;
  private final UserContext context;
  private final @Nullable MachineImage image;
  private final long xcr0;
  private final boolean withoutExits;

  /** Where calls begin. */
  private final long gateEntry;

  /** How calls do without exits, if they are to. */
  private @Nullable Exitless exitless;

  private @Nullable Call control;

  /** Where the vCPU runs. */
  private final VcpuKicker kicker;

  private final Checkpoint checkpoint = this::pass;

  private final IntSupplier runForOther = this::runForOther;

  private final RestoreOrder<MachineImage> restoreOrder = parts();

  /** The thread that only the vCPU has, if calls are to do without exits. */
  private final @Nullable VcpuThread ownThread;

  /** The thread that ran the vCPU last. */
  private KickSignal.@Nullable Target lastTarget;

  private long frame;
  private long framePhysical;

  /** What the next call starts with if it starts from a clean state. */
  private UserState userState = UserState.INITIAL;

  /** Whether the next call starts from a clean state. */
  private boolean pristine = true;

  /** Whether the guest cannot go on: after a trap, or if a run did not get to its end. */
  private boolean trapped;

  /** Whether there is more to put back than memory and general registers. */
  private boolean disturbed;

  /** Whether nobody can say what state the vCPU is in, or a restore did not get to its end. */
  private boolean lost;

  /** Whether the last run ended at the gate's exit. */
  private boolean callDone;

  /** The {@code out} by which the guest made its last system call. */
  private long exit;

  /**
   * A machine with empty user memory, or one that equals an image. If this fails, only the memory
   * is left: {@link #of} closes it.
   */
  private Machine(
      Platform platform,
      SystemCallEntry entry,
      PhysicalMemory memory,
      @Nullable MachineImage image,
      MachineOptions options,
      DirtyTracking tracking) {
    this.platform = platform;
    this.entry = entry;
    this.memory = memory;
    this.image = image;
    withoutExits = options.exitless();
    gateEntry = platform.hasProtectionKeys() ? Gate.UNLOCK : Gate.ADDRESS;
    xcr0 = image == null ? platform.cpu().xcr0() : image.xcr0();
    systemCallStub = Monitor.systemCallStubAddress(entry);
    exit = systemCallStub;
    if (image == null) {
      addressSpaces = new AddressSpaces(memory, checkpoint);
      exceptionStackTop = Monitor.install(memory, addressSpaces.first().tables(), entry);
    } else {
      MachineImage.MemoryLayout layout = image.layout();
      addressSpaces = new AddressSpaces(memory, layout.addressSpaces(), checkpoint);
      exceptionStackTop = layout.exceptionStackTop();
      userState = image.userState();
    }
    addressSpace = addressSpaces.first();
    processor =
        Processor.create(
            platform.processorKind(),
            entry,
            memory,
            addressSpace.tables().root(),
            xcr0,
            options,
            tracking);
    try {
      vcpu = processor.vcpu();
      run = vcpu::run;
      ownThread = options.exitless() ? new VcpuThread(vcpu) : null;
      kicker = new VcpuKicker(ownThread);
      exits = new Exits(vcpu, entry, memory, exceptionStackTop);
      context = new UserContext(contextOwner(), vcpu, xcr0);
      DirtyTracker tracker = processor.tracker();
      if (tracker != null) {
        memory.trackBy(tracker);
      }
      if (image != null) {
        begin(image);
      }
    } catch (Throwable t) {
      close();
      throw t;
    }
  }

  /** Takes over the memory, which is closed if this fails. */
  private static Machine of(
      Platform platform,
      SystemCallEntry entry,
      PhysicalMemory memory,
      @Nullable MachineImage image,
      MachineOptions options,
      DirtyTracking tracking) {
    try {
      return new Machine(platform, entry, memory, image, options, tracking);
    } catch (Throwable t) {
      memory.close();
      throw t;
    }
  }

  private void begin(MachineImage from) {
    setFrame(from.layout().frame());
    StoppedState stopped = from.stopped();
    if (stopped != null) {
      pristine = false;
      stopped.set(vcpu);
    }
  }

  /**
   * Creates a machine with empty user memory. It cannot go back to an image.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws GuestMemoryExhaustedException if the memory does not even hold the monitor
   */
  public static Machine create(Platform platform, long memorySizeBytes) {
    return create(platform, platform.entry(), memorySizeBytes, MachineOptions.DEFAULT);
  }

  /**
   * As {@link #create(Platform, long)}, with options.
   *
   * @throws MachineUnsupportedException if this KVM cannot do what they ask for
   */
  public static Machine create(Platform platform, long memorySizeBytes, MachineOptions options) {
    platform.require(options);
    return create(platform, platform.entry(), memorySizeBytes, options);
  }

  static Machine create(
      Platform platform, SystemCallEntry entry, long memorySizeBytes, MachineOptions options) {
    return of(
        platform, entry, new PhysicalMemory(memorySizeBytes), null, options, DirtyTracking.NONE);
  }

  /**
   * Creates a machine that equals the one that was frozen, and can go back to it.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws ImageClosedException if the image is closed
   */
  public static Machine spawn(MachineImage image) {
    return spawn(image, MachineOptions.DEFAULT);
  }

  /**
   * As {@link #spawn(MachineImage)}, with options.
   *
   * @throws MachineUnsupportedException if this KVM cannot do what they ask for
   */
  public static Machine spawn(MachineImage image, MachineOptions options) {
    image.platform().require(options);
    return spawn(image, options, image.platform().tracking());
  }

  static Machine spawn(MachineImage image, DirtyTracking tracking) {
    return spawn(image, MachineOptions.DEFAULT, tracking);
  }

  private static Machine spawn(MachineImage image, MachineOptions options, DirtyTracking tracking) {
    return of(
        image.platform(),
        image.entry(),
        new PhysicalMemory(image.retainMemory()),
        image,
        options,
        tracking);
  }

  /**
   * Freezes the machine as it rests between two calls. It can go on afterwards.
   *
   * @return the image, which the caller closes
   * @throws IllegalStateException if it has trapped
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public MachineImage freeze() {
    requireNotTrapped();
    halt();
    UserState state = pristine ? userState : UserState.of(vcpu);
    Gate.setResetState(addressSpace, state);
    return freeze(state, null);
  }

  /**
   * Freezes the machine as it stands at a system call that has not been answered. Machines that
   * come from the image stand there, too: their registers can be read and set, and {@link #resume}
   * lets them go on. This one can be answered afterwards.
   *
   * @return the image, which the caller closes
   * @throws IllegalStateException if it has trapped
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public MachineImage freezeAtSystemCall() {
    requireNotTrapped();
    return freeze(UserState.INITIAL, StoppedState.of(vcpu));
  }

  private MachineImage freeze(UserState state, @Nullable StoppedState stopped) {
    if (!withoutExits) {
      return freezeAsIs(state, stopped);
    }
    Gate.setExitless(addressSpace, false); // that is for those to say who make machines of it
    MachineImage frozen;
    try {
      frozen = freezeAsIs(state, stopped);
    } catch (Throwable t) {
      Gate.setExitless(addressSpace, true);
      throw t;
    }
    try {
      Gate.setExitless(addressSpace, true); // should it fail, calls have exits until a restore
    } catch (Throwable t) {
      frozen.close();
      throw t;
    }
    return frozen;
  }

  private MachineImage freezeAsIs(UserState state, @Nullable StoppedState stopped) {
    MachineImage.MemoryLayout layout =
        new MachineImage.MemoryLayout(exceptionStackTop, addressSpaces.mappings(), frame);
    return new MachineImage( // which is made before the memory is frozen
        platform,
        entry,
        memory.freeze(addressSpaces.roots()),
        memorySizeBytes(),
        layout,
        state,
        xcr0,
        null,
        stopped);
  }

  /**
   * Makes the machine equal to one that was spawned from the image just now, whatever its guest has
   * done.
   *
   * @return false if that is not possible, because it was not spawned from this image or its
   *     processor is in a state nobody knows: use a new one. It is then unchanged.
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; it is of no use
   *     then
   */
  public boolean restore(MachineImage to) {
    halt();
    if (image != to || lost || (exitless != null && exitless.hasFailed())) {
      return false;
    }
    trapped = true; // should something fail in between
    if (!settle()) {
      return false;
    }
    lost = true;
    restoreOrder.restore(to);
    trapped = false;
    pristine = to.stopped() == null;
    lost = false;
    return true;
  }

  /** The parts of a machine, in the order in which they are restored. */
  private RestoreOrder<MachineImage> parts() {
    return new RestoreOrder<MachineImage>()
        .add("registers", _ -> restoreRegisters())
        .add("transport", _ -> restoreTransport())
        // Of the host's own writes from here on, the next restore has to know.
        .add("memory", _ -> memory.restore())
        .add("address spaces", image -> addressSpaces.restore(image.layout().addressSpaces()))
        // In every image the gate makes exits: behind the memory, which has the gate.
        .add("gate", _ -> restoreGate())
        // Behind the registers, which it replaces.
        .add("stopped code", this::restoreStoppedCode);
  }

  private void restoreRegisters() {
    if (disturbed) {
      processor.reset();
      disturbed = false;
    }
  }

  private void restoreTransport() {
    if (exitless != null) {
      exitless.restore();
    }
  }

  private void restoreGate() {
    if (withoutExits) {
      Gate.setExitless(addressSpace, true);
    }
  }

  private void restoreStoppedCode(MachineImage to) {
    exit = systemCallStub;
    StoppedState stopped = to.stopped();
    if (stopped != null) {
      stopped.set(vcpu);
    }
  }

  RestoreOrder<MachineImage> restoreOrder() {
    return restoreOrder;
  }

  /** All memory, the monitor's too. */
  PhysicalMemory memory() {
    return memory;
  }

  /** Guest-physical memory in all. */
  public long memorySizeBytes() {
    return memory.sizeBytes();
  }

  /** How much memory has been handed out at most, the monitor's included, in bytes. */
  public long mostMemoryBytes() {
    return memory.usedBytes();
  }

  Processor processor() {
    return processor;
  }

  /** Knows what the guest of a spawned machine writes. */
  DirtyTracker tracker() {
    return Objects.requireNonNull(processor.tracker());
  }

  /** All address spaces, of which calls run in the first. */
  AddressSpaces addressSpaces() {
    return addressSpaces;
  }

  /** The user memory. */
  public AddressSpace addressSpace() {
    return addressSpace;
  }

  /**
   * Maps gate and information page.
   *
   * @param frameAddress where the call frame is, within one mapped writable page
   */
  public void installGate(long frameAddress) {
    Gate.install(addressSpace, entry, frameAddress);
    setFrame(frameAddress);
  }

  private void setFrame(long frameAddress) {
    frame = frameAddress;
    framePhysical = frameAddress == 0 ? 0 : addressSpace.physicalOf(frameAddress);
    if (ownThread != null) {
      exitless = new Exitless(memory, vcpu, ownThread, framePhysical, this::callerInterrupted);
      Gate.setExitless(addressSpace, true);
    }
  }

  // The call frame. Guest code can write it too: what is read here is hostile.

  public long frameLong(int offset) {
    return memory.getLong(framePhysical + offset);
  }

  public void setFrameLong(int offset, long value) {
    memory.putLong(framePhysical + offset, value);
  }

  /** Lets the next {@link #run} start the call that the frame describes. */
  public void enterGate() {
    Exitless without = exitless;
    if (pristine) {
      setFrameLong(CallFrame.FLAGS, CallFrame.FLAG_RESET);
      setFrameLong(CallFrame.FS_BASE, userState.fsBase());
      setFrameLong(CallFrame.GS_BASE, userState.gsBase());
    } else {
      setFrameLong(CallFrame.FLAGS, 0);
    }
    if (without != null && without.isReady()) {
      without.call();
      return;
    }
    if (without != null) {
      without.enter();
    }
    enter(gateEntry);
    // Last: an error before, such as a full stack, must not use up the reset.
    pristine = false;
  }

  /**
   * Lets the next {@link #run} start a program that has a stack of its own.
   *
   * @param address where it begins
   */
  public void enterProgram(long address, long stackPointer) {
    setFrameLong(CallFrame.STACK_ARGUMENTS, stackPointer);
    setFrameLong(CallFrame.STACK_ARGUMENTS + Long.BYTES, address);
    setFrameLong(CallFrame.TARGET, Gate.START);
    enterGate();
  }

  /** Lets the next {@link #run} go straight to the gate's exit. */
  void enterGateExit() {
    enter(Gate.DONE_EXIT);
  }

  /** Every general register is written, so that nothing of an earlier call is left in one. */
  private void enter(long address) {
    vcpu.clearRegisters();
    vcpu.set(Register.RSP, frame + CallFrame.STACK_ARGUMENTS);
    vcpu.set(Register.RCX, address);
    vcpu.set(Register.R11, Flags.FIXED);
    vcpu.set(Register.RFLAGS, Flags.INITIAL);
    vcpu.set(Register.RIP, systemCallStub + Monitor.OUT_LENGTH);
    vcpu.commitRegisters();
  }

  /** A register as the system call left it; hostile. */
  public long get(Register register) {
    Exitless without = exitless;
    return without != null && without.hasMessage() ? without.get(register) : vcpu.get(register);
  }

  /** All general registers as of the last stop; hostile. */
  public Map<Register, Long> registers() {
    Exitless without = exitless;
    return without != null && without.hasMessage() ? without.registers() : exits.registers();
  }

  /** Whether the last run ended at the gate's exit: the call is over. */
  public boolean isCallDone() {
    return callDone;
  }

  /** Sets a register of the answer to a system call, before {@link #resume}. */
  public void set(Register register, long value) {
    Exitless without = exitless;
    if (without != null && without.hasMessage()) {
      without.set(register, value);
    } else {
      vcpu.set(register, value);
    }
  }

  /** Lets the next {@link #run} go on behind the guest's system call. */
  public void resume() {
    Exitless without = exitless;
    if (without != null && without.hasMessage()) {
      without.answer();
    } else {
      resumeStub(exit);
    }
  }

  private void resumeStub(long out) {
    vcpu.set(Register.RIP, out + Monitor.OUT_LENGTH);
    vcpu.set(Register.R11, Flags.ofUser(vcpu.get(Register.R11)));
    if (entry == SystemCallEntry.USER) {
      vcpu.set(Register.RFLAGS, Flags.ofUser(vcpu.get(Register.RFLAGS)));
    }
    vcpu.commitRegisters();
  }

  /** The state of the guest's code, at a system call or a processor exception. */
  public UserContext context() {
    return context;
  }

  private UserContext.Owner contextOwner() {
    return new UserContext.Owner() {
      @Override
      public void goesOn() {
        resumed();
      }

      @Override
      public void disturbed() {
        disturb();
      }
    };
  }

  /** Says that user code goes on, wherever it stopped. */
  private void resumed() {
    if (lost || vcpu.isExitUnseen()) {
      throw new IllegalStateException("nobody knows the state of the machine");
    }
    disturb();
    trapped = false;
  }

  /** Says that special registers are not what a restore expects. */
  void disturb() {
    disturbed = true;
  }

  /**
   * Runs the guest until it makes a system call, {@linkplain #isCallDone ends its call} or traps.
   *
   * @return null for a system call, with its number in RAX and a return address that is a user
   *     address; also null at the end of a call
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   * @throws IllegalStateException after a trap
   */
  public @Nullable Trap run() {
    requireNotTrapped();
    trapped = true; // should something fail in between
    callDone = false;
    Exitless without = exitless;
    int result = without == null ? runVcpu() : runExitless(without);
    if (result == Call.STOPPED) {
      // Anywhere: in the middle of an exception, or not entered at all.
      disturbed = true;
      halt();
      return new Trap.Stopped(whereabouts());
    }
    if (result == MESSAGE) {
      return message(Objects.requireNonNull(without));
    }
    if (result != 0) {
      disturbed = true;
      lost = true;
      throw vcpu.failedRun(result);
    }
    return look(without != null && without.isToWait());
  }

  /** Takes the guest's message. */
  private @Nullable Trap message(Exitless without) {
    callDone = without.isCallDone();
    if (callDone || without.get(Register.RAX) == Hypercall.HOST) {
      trapped = false;
      return null;
    }
    Map<Register, Long> message = without.registers();
    halt();
    return new Trap.BadMessage(without.get(Register.RAX), message);
  }

  /**
   * Looks at the exit where the vCPU stands. Here and in {@link #settle} alone an exit becomes one
   * that has been looked at; before, nothing of this machine goes to anybody else.
   *
   * @param besideMessage whether the guest has left a message and not waited for the answer
   */
  private @Nullable Trap look(boolean besideMessage) {
    Exits.Kind kind = exits.kind();
    if (!besideMessage) {
      switch (kind) {
        case CALL_DONE, HOST_CALL, SYSTEM_CALL -> {
          callDone = kind == Exits.Kind.CALL_DONE;
          exit = kind == Exits.Kind.HOST_CALL ? Gate.HOST_CALL_EXIT : systemCallStub;
          disturbed |= exits.isSingleStep();
          vcpu.exitSeen();
          trapped = false;
          return null;
        }
        case BAD_RETURN_ADDRESS, DIRTY_RING_FULL, OTHER -> disturbed = true;
      }
    }
    Trap trap =
        besideMessage
            ? new Trap.ExitBesideMessage(vcpu.exit(), whereabouts())
            : kind == Exits.Kind.BAD_RETURN_ADDRESS
                ? new Trap.BadReturnAddress(vcpu.get(Register.RCX), exits.registers())
                : exits.trap();
    switch (trap) {
      case Trap.ProcessorException ignored -> vcpu.exitSeen(); // the stub's own out is all there is
      case Trap.PrivilegeLost ignored -> lost = true;
      default -> settle();
    }
    return trap;
  }

  /**
   * Lets KVM finish what the vCPU has exited for, if nobody has looked at that: in the middle of an
   * instruction, memory and registers would be written by the next KVM_RUN, whoever has them then.
   *
   * @return whether the machine can be restored; if not, it is lost
   */
  private boolean settle() {
    if (lost || !vcpu.isExitUnseen()) {
      return !lost;
    }
    if (vcpu.isTrackerFull()) {
      makeRoom();
      vcpu.exitSeen();
      return true;
    }
    lost = true; // should something fail in between
    if (!exits.isRest()) {
      disturbed = true;
      if (!exits.complete()) {
        return false;
      }
    }
    vcpu.exitSeen();
    lost = false;
    return true;
  }

  /** Whether the vCPU runs although nobody waits for it. */
  boolean isRunning() {
    return exitless != null && exitless.isRunning();
  }

  /** The kernel's number of the thread that only the vCPU has. */
  int vcpuThreadNumber() {
    return Objects.requireNonNull(exitless).target().thread();
  }

  /** Whether nobody can say what state it is in: it can do nothing any more but be closed. */
  public boolean isLost() {
    return lost;
  }

  private void requireNotTrapped() {
    if (trapped) {
      throw new IllegalStateException("the machine has trapped");
    }
  }

  /** Runs the vCPU until it exits for a reason of the guest's, or is stopped. */
  private int runVcpu() {
    while (true) {
      int error =
          Thread.currentThread().isVirtual()
              ? VcpuThreads.run(runForOther, control)
              : runHere(false);
      if (error == 0 && vcpu.isTrackerFull()) {
        makeRoom();
      } else if (error != Errno.EINTR) {
        return error;
      }
      // A signal meant for the JVM also ends KVM_RUN: nothing has happened, go on.
    }
  }

  /**
   * As {@link #runVcpu}, also until there is a message.
   *
   * @return also {@link #MESSAGE}. If the guest has left one and not waited for the answer, 0.
   */
  private int runExitless(Exitless without) {
    while (true) {
      boolean unseen = !without.isRunning() && vcpu.isExitUnseen();
      if (unseen && !exits.isRest() && !vcpu.isTrackerFull()) {
        return 0;
      } else if (without.hasMessage()) {
        return MESSAGE;
      } else if (unseen) {
        letGoOn();
      }
      int error = control == null ? without.run() : control.run(without.target(), without);
      if (error != 0 && error != Errno.EINTR) {
        return error;
      }
    }
  }

  /** From an exit that is no affair of the guest's. */
  private void letGoOn() {
    if (vcpu.isTrackerFull()) {
      makeRoom();
    } else {
      resumeStub(systemCallStub);
    }
    vcpu.exitSeen();
  }

  private void makeRoom() {
    lost = true; // should it fail: pages that the guest wrote would be overlooked
    memory.makeRoomForTracker();
    lost = false;
  }

  /** Stops a guest that waits for the next call, or does whatever it does meanwhile. */
  public void halt() {
    Exitless without = exitless;
    if (without != null && !lost) {
      without.stop();
      // Unless it waits: a signal has stopped it anywhere.
      disturbed |= !(vcpu.isExitUnseen() && exits.isRest());
    }
  }

  /**
   * Runs the vCPU on the calling platform thread.
   *
   * @param forOther whether on behalf of a virtual thread
   */
  int runHere(boolean forOther) {
    Call controlling = control;
    if (controlling == null) {
      return vcpu.run();
    }
    KickSignal.Target target = KickSignal.target(lastTarget);
    lastTarget = target;
    vcpu.setSignalMask(target.maskOfVcpus());
    return forOther ? controlling.runForOther(target, run) : controlling.run(target, run);
  }

  private int runForOther() {
    return runHere(true);
  }

  /** Says that the thread whose call runs was interrupted while it waits for another one. */
  void callerInterrupted() {
    Call controlling = control;
    if (controlling != null) {
      controlling.stop(Stop.THREAD_INTERRUPTED);
    }
  }

  /**
   * Lets somebody stop what runs from now on.
   *
   * @param controlling has the calls
   */
  public void controlBy(Call controlling) {
    control = controlling;
    controlling.runBy(kicker);
  }

  /** Where work for the guest can be ended: as whoever controls the machine says. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  private void pass(long steps) {
    if (control != null) {
      control.pass(steps);
    }
  }

  /** Where the vCPU runs in the running call, in terms of the kernel; 0 if nobody controls it. */
  public int processorThread() {
    return control == null ? 0 : control.vcpuThread();
  }

  /** How long the running call has taken, in nanoseconds. */
  public long callNanos() {
    return control == null ? 0 : control.elapsedNanos();
  }

  /**
   * The thread of the call goes to code of the embedder's, or to sleep, and may be interrupted
   * there; {@link #comeBack} has to follow, if it does.
   *
   * @return false if the call is to end instead
   */
  public boolean goOutside() {
    return control == null || control.goOutside();
  }

  public void comeBack() {
    if (control != null) {
      control.comeBack();
    }
  }

  /**
   * The general registers as of the last stop, with RIP where the guest's own code is: at a system
   * call or a host call, where it returns to. Hostile.
   */
  public Map<Register, Long> whereabouts() {
    return exits.whereabouts(addressSpace);
  }

  /** Closes vCPU and VM and unmaps all memory. A second call does nothing. */
  @Override
  public void close() {
    trapped = true; // even if closing fails half-way, there may be nothing left to use
    lost = true;
    // No try-with-resources: the JVM has one error for a full heap, which it cannot suppress in
    // itself, and would then leave the rest open.
    if (exitless != null) {
      exitless.close(); // first of all: without it the guest would run on in what is freed
    }
    try {
      processor.close();
    } finally {
      memory.close();
    }
  }
}

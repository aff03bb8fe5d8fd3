package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.internal.machine.arch.ParkedRegisters;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.arch.UserRegisters;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.StoppedException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a guest: its registers, its call frame, its address space, and the transport of its
 * messages to the host.
 *
 * <p>Between runs the vCPU rests at an {@code out}, in the system-call stub or at the gate's exit.
 * From there the host lets it go on: {@link #enterGate} starts a call, and {@link #resume} answers
 * a system call. A third method, {@link #resumeAt}, is for signal handlers.
 *
 * <p><b>Boundary.</b> Everything that a guest can do ends in {@link #run}, which sorts it: a system
 * call, the end of a call, or a {@link Trap}. Only after the exit was handled there does the state
 * say where the guest stands. Only a guest that stands somewhere is answered, frozen or called. If
 * an exit was not handled, a restore {@linkplain #settle finishes} it first.
 *
 * <p>Only one thread at a time may use it. It may be any thread.
 */
public final class Context {
  /** The state of a context. It decides what callers may do with it. */
  public enum State {
    /** It equals a new one. The next call first resets everything that guest code can change. */
    PRISTINE,
    /** It rests at the gate, between two calls. */
    RESTING,
    /** The next {@link #run} lets it go on. */
    READY,
    /** It runs, or a run did not come to its end. Then only a restore helps. */
    RUNNING,
    /** It stands at a system call that needs an answer. */
    IN_SYSTEM_CALL,
    /** It stands at a system call that has no answer until there is more input. */
    WAITING,
    /**
     * It has trapped, or was stopped at any point. It cannot go on by itself, only where the host
     * tells it to.
     */
    TRAPPED,
    /** Its VM is restored, but not everything that belongs to it. Only another restore helps. */
    RESTORING,
    /** The state of its vCPU or its memory is unknown, or these are closed. */
    ENDED
  }

  /**
   * How often in a row an access is made again that the page tables allow. A fault with another
   * reason, such as a protection key, then counts.
   */
  private static final int MAXIMUM_IN_VAIN = 64;

  private final PhysicalMemory memory;
  private final CurrentCall call;
  private final ContextRegisters registers;

  // Where it is, or was last.
  private Vcpu vcpu;
  private Processor processor;
  private VcpuRunner runner;
  private Exits exits;
  private GuestEntry entry;

  private final int number;

  /** The address at which calls begin. */
  private final long gate;

  private Transport transport;
  private final ParkedTransport parkedTransport;
  private final ContextRun run;
  private State state = State.PRISTINE;

  /** Whether a kick has stopped it at a point at which it can go on. */
  private boolean resumable;

  /** The address space in which it runs. */
  private AddressSpace space;

  /** The state with which a call starts if it starts from a clean state. */
  private final RestingState initial;

  private long frame;
  private long framePhysical;
  private @Nullable Contexts contexts;

  /**
   * Makes a context that equals a new one.
   *
   * @param gate where calls begin
   * @param initial what its first call starts with
   */
  Context(
      PhysicalMemory memory,
      AddressSpace space,
      Vcpu vcpu,
      CurrentCall call,
      ContextRegisters registers,
      int number,
      long gate,
      RestingState initial) {
    this.memory = memory;
    this.space = space;
    this.vcpu = vcpu;
    this.call = call;
    this.registers = registers;
    this.number = number;
    this.gate = gate;
    this.initial = initial;
    processor = vcpu.processor();
    runner = vcpu.runner();
    entry = vcpu.entry();
    exits = vcpu.exits();
    transport = vcpu.exitTransport();
    parkedTransport = new ParkedTransport(registers);
    run = new ContextRun(this, vcpu, registers);
  }

  private void use(Vcpu next) {
    vcpu = next;
    processor = next.processor();
    runner = next.runner();
    entry = next.entry();
    exits = next.exits();
    run.use(next);
  }

  // Several contexts.

  /** Sets where the other contexts of the VM are. */
  void belongTo(Contexts all) {
    contexts = all;
  }

  /** Returns its number in the VM. The main context has 0. It is the same after a restore. */
  public int number() {
    return number;
  }

  /** Returns whether it is on no vCPU. */
  public boolean isParked() {
    return vcpu.attached() != this;
  }

  /** Returns the number of the vCPU on which it is, or was last. */
  public int processor() {
    return vcpu.number();
  }

  /** Returns the processor's part of its state. */
  ContextRegisters processorState() {
    return registers;
  }

  /** Makes a context of the same VM that is parked, with no state yet. */
  Context sibling(int ofNumber, ContextRegisters itsRegisters) {
    Contexts all = Objects.requireNonNull(contexts);
    Context made =
        new Context(memory, space, all.first(), call, itsRegisters, ofNumber, gate, initial);
    made.contexts = all;
    made.frame = frame;
    made.framePhysical = framePhysical;
    made.transport = made.parkedTransport;
    return made;
  }

  /** Makes a parked context with the state of this one. */
  Context child(int ofNumber, ContextRegisters itsRegisters) {
    Context made = sibling(ofNumber, itsRegisters);
    itsRegisters.setParked(isParked() ? registers.parked() : registers.copyOfGeneral(false));
    itsRegisters.copyVectorsOf(registers);
    made.state = state;
    return made;
  }

  /**
   * Makes another context that stands at the same system call with the same registers and vector
   * state. It is parked.
   *
   * @throws ContextsRefusedException if the VM can have no other context
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if there is no
   *     memory to save it
   */
  public Context fork() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    return Objects.requireNonNull(contexts).fork(this);
  }

  /**
   * Takes it from the vCPU, so that another context can run. It can be read and answered as before.
   * If it is ready, it goes on after {@link #unpark}.
   *
   * @throws IllegalStateException if it is parked, or runs
   */
  public void park() {
    requireWhole();
    if (isParked() || runner.hasOwnThread()) {
      throw new IllegalStateException("the guest's thread cannot be parked");
    }
    registers.park(state == State.READY);
    vcpu.attach(null);
    transport = parkedTransport;
  }

  /**
   * Brings it back to the first vCPU. The next run is its own.
   *
   * @throws IllegalStateException if a context is on the vCPU, or this one has ended
   */
  public void unpark() {
    unparkOn(Objects.requireNonNull(contexts).first());
  }

  /**
   * Does the same on any vCPU.
   *
   * @param processor the number of the vCPU, which does not run
   */
  public void unparkOn(int processor) {
    unparkOn(Objects.requireNonNull(contexts).vcpu(processor));
  }

  /**
   * Returns whether it can be brought to a vCPU now. Otherwise its vector state is in another one
   * whose guest runs.
   */
  public boolean canGoTo(int processor) {
    return !vcpu.isAway()
        || vcpu == Objects.requireNonNull(contexts).vcpu(processor)
        || !registers.isInCpu();
  }

  private void unparkOn(Vcpu next) {
    requireWhole();
    if (vcpu != next) {
      if (!isParked()) {
        throw new IllegalStateException("the guest's thread is on another vCPU");
      }
      registers.moveTo(next.processor());
      use(next);
    }
    if (vcpu.attached() != null) {
      throw new IllegalStateException("the vCPU has another thread of the guest");
    }
    registers.unpark(state == State.READY);
    vcpu.attach(this);
    transport = vcpu.exitTransport();
  }

  private void requireWhole() {
    if (state == State.RUNNING || state == State.RESTORING || state == State.ENDED) {
      throw new IllegalStateException("the guest is " + state);
    }
  }

  /** Sets the stack pointer with which a parked context goes on behind its system call. */
  public void setStackPointer(long address) {
    requireParkedCall();
    registers.parked().setStackPointer(address);
  }

  /**
   * Sets the address of thread-local storage of a parked context.
   *
   * @param address a user address or 0
   * @throws IllegalArgumentException if it is none
   */
  public void setThreadPointer(long address) {
    requireParkedCall();
    registers.setThreadPointer(address);
  }

  private void requireParkedCall() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    if (!isParked()) {
      throw new IllegalStateException("the guest's thread is not parked");
    }
  }

  /**
   * Ends it: it never runs again. If it is on the vCPU, it leaves it. The main context cannot end
   * so: it is parked until the next restore instead.
   */
  public void exit() {
    requireWhole();
    if (number == 0) {
      if (!isParked()) {
        park();
      }
      return;
    }
    registers.release();
    if (!isParked()) {
      vcpu.attach(null);
    }
    transport = parkedTransport;
    state = State.ENDED;
    Objects.requireNonNull(contexts).remove(this);
  }

  /**
   * Makes the next {@link #run} go on where a kick has stopped the guest.
   *
   * @throws IllegalStateException if no kick has stopped it, or not where it can go on
   */
  public void resumeStopped() {
    require(State.TRAPPED, State.TRAPPED);
    if (!resumable) {
      throw new IllegalStateException("the guest was not stopped where it can go on");
    }
    resumable = false;
    registers.resumeStopped();
    state = State.READY;
  }

  /**
   * Sets when the guest has to leave with {@link Trap.Preempted}, unless it leaves by itself
   * before. It may be some milliseconds later. It has no effect on a vCPU with a thread of its own.
   *
   * @param nanoTime of the clock {@link System#nanoTime}; {@link Long#MAX_VALUE} for never
   */
  public void preemptAt(long nanoTime) {
    VcpuHost member = runner.member();
    if (member != null) {
      member.preemptAt(nanoTime);
    } else if (!runner.hasOwnThread()) {
      call.preemptAt(nanoTime);
    }
  }

  public State state() {
    return state;
  }

  void become(State next) {
    state = next;
  }

  /** Says whether a kick has stopped it at a point at which it can go on. */
  void setResumable(boolean canGoOn) {
    resumable = canGoOn;
  }

  /** Ends it, and with it the main context, which stands for all of the VM. */
  void fail() {
    state = State.ENDED;
    if (contexts != null) {
      contexts.main().state = State.ENDED;
    }
  }

  /** Returns whether a kick has stopped it at a point at which it can go on. */
  public boolean isResumable() {
    return state == State.TRAPPED && resumable;
  }

  /** Returns whether it is unusable without a restore, or forever. */
  public boolean isBroken() {
    return state == State.RESTORING || state == State.ENDED;
  }

  private void require(State first, State second) {
    if (state != first && state != second) {
      throw new IllegalStateException("the guest is " + state);
    }
  }

  /** Returns the call for which it runs. */
  public CurrentCall call() {
    return call;
  }

  /** Returns the user memory. */
  public AddressSpace addressSpace() {
    return space;
  }

  /** Returns the size of the whole guest-physical memory, in bytes. */
  public long memorySizeBytes() {
    return memory.sizeBytes();
  }

  // The call frame. Guest code can write to it, too, so everything read here is hostile.

  /** Sets the address of the call frame. It is within one mapped writable page, or 0. */
  void setFrame(long address) {
    frame = address;
    framePhysical = address == 0 ? 0 : space.pin(address);
    processor.useSwitchBlockOf(space);
    if (runner.hasOwnThread()) {
      transport =
          new SharedMemoryTransport(
              memory, space, runner, entry, vcpu.exitTransport(), framePhysical);
    }
  }

  /**
   * Makes it run in another address space of the VM from now on. Gate and call frame are at the
   * same addresses there.
   *
   * @throws IllegalStateException if it does not rest, or the vCPU has a thread of its own
   */
  void switchTo(AddressSpace other) {
    require(State.RESTING, State.PRISTINE);
    if (runner.hasOwnThread()) {
      throw new IllegalStateException("a vCPU with a thread of its own has one address space");
    }
    long physical = other.pin(frame);
    processor.usePageTables(other.tables().root());
    processor.useSwitchBlockOf(other);
    space = other;
    framePhysical = physical;
  }

  /** Restores the address space of the image, after registers and memory are restored. */
  void restoreAddressSpace(AddressSpace ofImage) {
    if (!space.equals(ofImage)) {
      space = ofImage;
      processor.useSwitchBlockOf(space);
      framePhysical = space.physicalOf(frame);
    }
  }

  /** Returns the address of the call frame. */
  long frame() {
    return frame;
  }

  public long frameLong(int offset) {
    return memory.getLong(framePhysical + offset);
  }

  public void setFrameLong(int offset, long value) {
    memory.putLong(framePhysical + offset, value);
  }

  // Ways to let it run.

  /** Makes the next {@link #run} start the call that the frame describes. */
  public void enterGate() {
    require(State.RESTING, State.PRISTINE);
    if (state == State.PRISTINE) {
      setFrameLong(CallFrame.FLAGS, CallFrame.FLAG_RESET);
      initial.putInto(memory, framePhysical);
    } else {
      setFrameLong(CallFrame.FLAGS, 0);
    }
    transport.enter(gate, frame);
    // Last, since an error before, such as a full stack, must not use up the reset.
    state = State.READY;
  }

  /**
   * Makes the next {@link #run} start a program with a stack of its own.
   *
   * @param address where it begins
   */
  public void enterProgram(long address, long stackPointer) {
    setFrameLong(CallFrame.STACK_ARGUMENTS, stackPointer);
    setFrameLong(CallFrame.STACK_ARGUMENTS + Long.BYTES, address);
    setFrameLong(CallFrame.TARGET, entry.programStart());
    enterGate();
  }

  /** Makes the next {@link #run} go straight to the gate's exit. */
  void enterGateExit() {
    entry.enterGateExit(frame);
    state = State.READY;
  }

  /** Returns the number of the system call. It is hostile. */
  public long callNumber() {
    return transport.callNumber();
  }

  /**
   * Returns an argument of the system call, or a result of the call that is over. It is hostile.
   */
  public long argument(int index) {
    return transport.argument(index);
  }

  /** Returns the guest's stack pointer at its system call. It is hostile. */
  public long stackPointer() {
    return transport.registers().stackPointer();
  }

  /** Returns all general registers as of the last stop. They are hostile. */
  public RegisterValues registers() {
    return transport.registers();
  }

  /**
   * Returns all general registers with which it would go on behind its system call. They are
   * hostile.
   */
  public RegisterValues registersAfterCall() {
    return transport.registersAfterCall();
  }

  /** Sets the answer to a system call, before {@link #resume}. */
  public void answer(long result) {
    transport.setAnswer(result);
  }

  /** Sets the answer to a host call, before {@link #resume}. */
  public void answer(long result, long second, long third) {
    transport.setAnswer(result);
    transport.setMoreOfAnswer(second, third);
  }

  /** Makes the next {@link #run} go on behind the guest's system call. */
  public void resume() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    transport.answer();
    state = State.READY;
  }

  /** Records that the system call has no answer until there is more input. */
  public void waitForInput() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    state = State.WAITING;
  }

  /** Leaves a system call without an answer. A call comes next. */
  public void rest() {
    require(State.IN_SYSTEM_CALL, State.RESTING);
    state = State.RESTING;
  }

  /**
   * Returns segments, bases and vectors of the guest's code, at a system call or a processor
   * exception.
   */
  public UserRegisters userRegisters() {
    return registers;
  }

  /**
   * Makes the next {@link #run} go on with these registers, after a system call or a processor
   * exception.
   *
   * @param general all of them; of RFLAGS only the flags count that a program may change
   * @throws IllegalArgumentException if RIP is no user address
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  public void resumeAt(RegisterValues general) {
    if (state != State.TRAPPED) {
      require(State.IN_SYSTEM_CALL, State.WAITING);
    }
    if (runner.isExitUnseen() && !isParked()) {
      throw new IllegalStateException("the last exit of the guest was not handled yet");
    }
    resumable = false;
    registers.setGeneral(general);
    state = State.READY;
  }

  // The run.

  /**
   * Runs the guest until it makes a system call, ends its call or traps. If the guest touches a
   * page for the first time, the page gets memory and the guest goes on. If it writes a shared
   * page, the page becomes its own.
   *
   * @return null for a system call, with its number in RAX and a return address that is a user
   *     address; also null at the end of a call: the {@link #state} tells which
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if the guest has
   *     touched a page for which there is no memory
   * @throws IllegalStateException if no method has let it go on
   */
  public @Nullable Trap run() {
    Trap trap = runOnce();
    int inVain = 0;
    while (trap instanceof Trap.ProcessorException fault) {
      if (isResolved(fault)) {
        inVain = 0;
      } else if (runner.member() == null || !isOver(fault) || ++inVain > MAXIMUM_IN_VAIN) {
        return trap;
      }
      resumeAt(fault.registers());
      trap = run.once();
    }
    return trap;
  }

  /** Returns whether another vCPU has resolved a fault meanwhile. */
  private boolean isOver(Trap.ProcessorException fault) {
    return fault.kind() == FaultKind.MEMORY_ACCESS
        && space.isReachable(
            fault.address(),
            fault.access() == MemoryAccess.WRITE,
            fault.access() == MemoryAccess.EXECUTE);
  }

  /** Runs the guest until its next exit. A touched page gets no memory. */
  @Nullable Trap runOnce() {
    require(State.READY, State.READY);
    return run.once();
  }

  private boolean isResolved(Trap.ProcessorException fault) {
    if (fault.kind() != FaultKind.MEMORY_ACCESS) {
      return false;
    }
    try {
      return space.resolve(
          fault.address(),
          fault.access() == MemoryAccess.WRITE,
          fault.access() == MemoryAccess.EXECUTE);
    } catch (StoppedException e) {
      takeBack(fault);
      throw e;
    }
  }

  /** Takes back a page fault that nobody has handled: the guest faults again when it goes on. */
  void takeBack(Trap.ProcessorException fault) {
    resumable = registers.takeBackFault(fault.registers());
  }

  /** Returns whether the last run ended at the gate's exit, so that the call is over. */
  public boolean isCallDone() {
    return state == State.RESTING;
  }

  /**
   * Finishes what the vCPU exited for, if the exit was not handled yet.
   *
   * @return false if the context has ended, or its state is unknown
   */
  boolean settle() {
    return run.settle();
  }

  /** Stops a guest that waits for the next call, or that does anything else meanwhile. */
  public void halt() {
    if (state != State.ENDED) {
      transport.halt();
    }
  }

  /** Returns whether the vCPU runs although no caller waits for it. */
  boolean isRunning() {
    return transport.isRunning();
  }

  /**
   * Returns the general registers as of the last stop, with RIP in the guest's own code: at a
   * system call or a host call, where it returns to. They are hostile.
   */
  public RegisterValues location() {
    return isParked() ? registers.parked().location(space) : exits.location(space);
  }

  // Images.

  /** Puts the vCPU where the stopped code of an image stands. */
  void stop(StoppedState stopped) {
    processor.stop(stopped);
    state = State.WAITING;
  }

  /** Returns the part of its state that outlives a call. It does not run meanwhile. */
  RestingState userState() {
    require(State.RESTING, State.PRISTINE);
    return state == State.PRISTINE ? initial : registers.restingState();
  }

  /** Returns its whole state at a system call that is not answered yet. */
  StoppedState stoppedState() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    return processor.stoppedState();
  }

  /** Returns it for an image of several contexts. It does not run meanwhile. */
  ContextImage freeze() {
    ContextImage.Place place = place();
    registers.saveVectors();
    ParkedRegisters frozen =
        isParked() ? registers.parked().copy() : registers.copyOfGeneral(state == State.READY);
    return new ContextImage(number, place, frozen);
  }

  private ContextImage.Place place() {
    return switch (state) {
      case PRISTINE, RESTING -> ContextImage.Place.AT_REST;
      case IN_SYSTEM_CALL, WAITING -> ContextImage.Place.AT_CALL;
      case READY -> ContextImage.Place.READY;
      case TRAPPED -> {
        if (!resumable) {
          throw new IllegalStateException("the guest is " + state);
        }
        yield ContextImage.Place.STOPPED;
      }
      case RUNNING, RESTORING, ENDED -> throw new IllegalStateException("the guest is " + state);
    };
  }

  /** Returns the state of a context that was made equal to a frozen one. */
  static State stateAt(ContextImage.Place place) {
    return switch (place) {
      case AT_REST -> State.PRISTINE;
      case AT_CALL -> State.WAITING;
      case STOPPED -> State.TRAPPED;
      case READY -> State.READY;
    };
  }

  /** Makes it equal to a frozen one. It is parked. */
  void restore(ContextImage frozen) {
    restartOnFirst();
    registers.setParked(frozen.registers());
    if (frozen.place() == ContextImage.Place.AT_REST) {
      registers.forgetVectors();
    }
    state = stateAt(frozen.place());
    resumable = frozen.place() == ContextImage.Place.STOPPED;
    transport = parkedTransport;
  }

  private void restartOnFirst() {
    Vcpu first = Objects.requireNonNull(contexts).first();
    if (vcpu != first) {
      registers.restartOn(first.processor());
      use(first);
    }
  }

  /** Says that it is the only context of the VM, and on the first vCPU. */
  void beginAlone() {
    restartOnFirst();
    vcpu.attach(this);
    processor.begin(registers);
    resumable = false;
    if (!runner.hasOwnThread()) {
      transport = vcpu.exitTransport();
    }
  }

  Transport transport() {
    return transport;
  }

  /** Returns whether a restore is possible. Nothing runs from here on. */
  boolean canBeRestored() {
    halt();
    return !transport.hasFailed() && settle() && Objects.requireNonNull(contexts).settle();
  }

  /** Records that a restore of the VM begins. If it fails on its way, nothing else helps. */
  void restoreBegins() {
    state = State.ENDED;
  }

  /** Records that the VM equals its image again. */
  void restoreOfVmEnds() {
    state = State.RESTORING;
  }

  /** Records that everything that belongs to it equals the image again. */
  void restored(ContextImage.Place asInImage) {
    require(State.RESTORING, State.RESTORING);
    state = stateAt(asInImage);
  }

  /** Says that it never runs again, since its VM is closed. */
  void end() {
    state = State.ENDED;
  }

  /** Ends it. It is unusable afterwards. */
  void close() {
    // First: if closing fails half-way, some parts may be closed already.
    state = State.ENDED;
    transport.close();
  }
}

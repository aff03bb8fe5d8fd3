package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.arch.UserRegisters;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.Checkpoint;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a guest: its registers, its call frame, the address space that it runs in, and how
 * its messages reach the host.
 *
 * <p>Between runs the vCPU rests in the system-call stub or at the gate's exit, at an {@code out}.
 * From there the host lets it go on in one of two ways: {@link #enterGate} starts a call, {@link
 * #resume} answers a system call. A third, {@link #resumeAt}, is for signal handlers.
 *
 * <p><b>Boundary.</b> Everything a guest can do ends in {@link #run}, which sorts it: a system
 * call, the end of a call, or a {@link Trap}. It is not before an exit was looked at there that the
 * state says where the guest stands; and only a guest that stands somewhere is answered, frozen or
 * called. What nobody has looked at, a restore {@linkplain #settle finishes} first.
 *
 * <p>For one thread at a time, any thread.
 */
public final class Context {
  /** What a context does, or what may be done with it. */
  public enum State {
    /** It equals a new one: the next call begins by resetting what guest code can change. */
    PRISTINE,
    /** It rests at the gate, between two calls. */
    RESTING,
    /** The next {@link #run} lets it go on. */
    READY,
    /** It runs; or a run did not get to its end, and only a restore helps. */
    RUNNING,
    /** It stands at a system call that is to be answered. */
    IN_SYSTEM_CALL,
    /** It stands at a system call that cannot be answered before there is more input. */
    WAITING,
    /** It has trapped, or was stopped anywhere. It can go on where it is told to, or nowhere. */
    TRAPPED,
    /** Its VM has been restored, but not all that belongs to it: only another restore helps. */
    RESTORING,
    /** Nobody can say what state its vCPU or its memory is in, or these are closed. */
    ENDED
  }

  private final PhysicalMemory memory;
  private final Processor processor;
  private final VcpuRunner runner;
  private final CurrentCall call;
  private final Exits exits;
  private final GuestEntry entry;
  private final UserRegisters registers;

  /** Where calls begin. */
  private final long gate;

  private final ExitTransport exitTransport;
  private Transport transport;
  private State state = State.PRISTINE;

  /** What it runs in. */
  private AddressSpace space;

  /** What the next call starts with if it starts from a clean state. */
  private final RestingState initial;

  private long frame;
  private long framePhysical;

  /**
   * A context that equals a new one.
   *
   * @param gate where calls begin
   * @param initial what its first call starts with
   */
  Context(
      PhysicalMemory memory,
      AddressSpace space,
      Processor processor,
      VcpuRunner runner,
      CurrentCall call,
      GuestEntry entry,
      UserRegisters registers,
      long gate,
      RestingState initial) {
    this.memory = memory;
    this.space = space;
    this.processor = processor;
    this.runner = runner;
    this.call = call;
    this.entry = entry;
    this.registers = registers;
    this.gate = gate;
    this.initial = initial;
    exits = runner.exits();
    exitTransport = new ExitTransport(runner, entry);
    transport = exitTransport;
  }

  public State state() {
    return state;
  }

  /** Whether it is of no use any more without a restore, or for good. */
  public boolean isBroken() {
    return state == State.RESTORING || state == State.ENDED;
  }

  private void require(State first, State second) {
    if (state != first && state != second) {
      throw new IllegalStateException("the guest is " + state);
    }
  }

  /** The user memory. */
  public AddressSpace addressSpace() {
    return space;
  }

  /** Guest-physical memory in all. */
  public long memorySizeBytes() {
    return memory.sizeBytes();
  }

  // The call frame. Guest code can write it too: what is read here is hostile.

  /** Says where the call frame is: within one mapped writable page, or 0. */
  void setFrame(long address) {
    frame = address;
    framePhysical = address == 0 ? 0 : space.pin(address);
    if (runner.hasOwnThread()) {
      transport =
          new SharedMemoryTransport(memory, space, runner, entry, exitTransport, framePhysical);
    }
  }

  /**
   * Lets it run in another address space of the VM from now on, where gate and call frame are at
   * the same addresses.
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
    space = other;
    framePhysical = physical;
  }

  /** Goes back to the address space of the image, after registers and memory have gone back. */
  void restoreAddressSpace(AddressSpace ofImage) {
    if (!space.equals(ofImage)) {
      space = ofImage;
      framePhysical = space.physicalOf(frame);
    }
  }

  /** Where the call frame is. */
  long frame() {
    return frame;
  }

  public long frameLong(int offset) {
    return memory.getLong(framePhysical + offset);
  }

  public void setFrameLong(int offset, long value) {
    memory.putLong(framePhysical + offset, value);
  }

  // To let it run.

  /** Lets the next {@link #run} start the call that the frame describes. */
  public void enterGate() {
    require(State.RESTING, State.PRISTINE);
    if (state == State.PRISTINE) {
      setFrameLong(CallFrame.FLAGS, CallFrame.FLAG_RESET);
      initial.putInto(memory, framePhysical);
    } else {
      setFrameLong(CallFrame.FLAGS, 0);
    }
    transport.enter(gate, frame);
    // Last: an error before, such as a full stack, must not use up the reset.
    state = State.READY;
  }

  /**
   * Lets the next {@link #run} start a program that has a stack of its own.
   *
   * @param address where it begins
   */
  public void enterProgram(long address, long stackPointer) {
    setFrameLong(CallFrame.STACK_ARGUMENTS, stackPointer);
    setFrameLong(CallFrame.STACK_ARGUMENTS + Long.BYTES, address);
    setFrameLong(CallFrame.TARGET, entry.programStart());
    enterGate();
  }

  /** Lets the next {@link #run} go straight to the gate's exit. */
  void enterGateExit() {
    entry.enterGateExit(frame);
    state = State.READY;
  }

  /** The number of the system call; hostile. */
  public long callNumber() {
    return transport.callNumber();
  }

  /** An argument of the system call, or a result of the call that is over; hostile. */
  public long argument(int index) {
    return transport.argument(index);
  }

  /** Where the guest's stack ends at its system call; hostile. */
  public long stackPointer() {
    return transport.registers().stackPointer();
  }

  /** All general registers as of the last stop; hostile. */
  public RegisterValues registers() {
    return transport.registers();
  }

  /** All general registers with which it would go on behind its system call; hostile. */
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

  /** Lets the next {@link #run} go on behind the guest's system call. */
  public void resume() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    transport.answer();
    state = State.READY;
  }

  /** Says that the system call can be answered only when there is more input. */
  public void waitForInput() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    state = State.WAITING;
  }

  /** Leaves a system call without an answer for good: what comes next is a call. */
  public void rest() {
    require(State.IN_SYSTEM_CALL, State.RESTING);
    state = State.RESTING;
  }

  /** Segments, bases and vectors of the guest's code, at a system call or a processor exception. */
  public UserRegisters userRegisters() {
    return registers;
  }

  /**
   * Lets the next {@link #run} go on with these registers, after a system call or a processor
   * exception.
   *
   * @param general all of them; of RFLAGS those flags count that a program may change
   * @throws IllegalArgumentException if RIP is no user address
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  public void resumeAt(RegisterValues general) {
    if (state != State.TRAPPED) {
      require(State.IN_SYSTEM_CALL, State.WAITING);
    }
    if (runner.isExitUnseen()) {
      throw new IllegalStateException("nobody has looked why the guest has exited");
    }
    registers.setGeneral(general);
    state = State.READY;
  }

  // The run.

  /**
   * Runs the guest until it makes a system call, ends its call or traps. A page that it shares with
   * others becomes its own when it writes, and it goes on.
   *
   * @return null for a system call, with its number in RAX and a return address that is a user
   *     address; also null at the end of a call: the {@link #state} tells
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   * @throws IllegalStateException if nothing has let it go on
   */
  public @Nullable Trap run() {
    Trap trap = runOnce();
    while (trap instanceof Trap.ProcessorException fault
        && fault.kind() == FaultKind.MEMORY_ACCESS
        && fault.access() == MemoryAccess.WRITE
        && space.resolveWrite(fault.address())) {
      resumeAt(fault.registers());
      trap = runOnce();
    }
    return trap;
  }

  private @Nullable Trap runOnce() {
    require(State.READY, State.READY);
    state = State.RUNNING; // and stays so, should something fail in between
    return switch (transport.run()) {
      case EXIT -> look();
      case MESSAGE -> message();
      case EXIT_BESIDE_MESSAGE ->
          trapped(new Trap.ExitBesideMessage(runner.vcpu().exit(), location()));
      case STOPPED -> {
        // Anywhere: in the middle of an exception, or not entered at all.
        processor.disturb();
        transport.halt();
        state = State.TRAPPED;
        yield new Trap.Stopped(location());
      }
      case FAILED -> {
        state = State.ENDED;
        throw runner.failure();
      }
    };
  }

  /** Whether the last run ended at the gate's exit: the call is over. */
  public boolean isCallDone() {
    return state == State.RESTING;
  }

  /** Takes the guest's message. */
  private @Nullable Trap message() {
    boolean done = transport.isCallDone();
    if (done || transport.callNumber() == Hypercall.HOST) {
      state = done ? State.RESTING : State.IN_SYSTEM_CALL;
      return null;
    }
    RegisterValues message = transport.registers();
    transport.halt();
    state = State.TRAPPED;
    return new Trap.BadMessage(transport.callNumber(), message);
  }

  /**
   * Looks at the exit where the vCPU stands. Here and in {@link #settle} alone an exit of the
   * guest's becomes one that has been looked at; before, nothing of this VM goes to anybody else.
   */
  private @Nullable Trap look() {
    Exits.Kind kind = exits.kind();
    return switch (kind) {
      case CALL_DONE, HOST_CALL, SYSTEM_CALL -> {
        entry.leftBy(kind);
        if (exits.isSingleStep()) {
          processor.disturb();
        }
        runner.exitSeen();
        state = kind == Exits.Kind.CALL_DONE ? State.RESTING : State.IN_SYSTEM_CALL;
        yield null;
      }
      case BAD_RETURN_ADDRESS -> {
        processor.disturb();
        yield trapped(exits.badReturnAddress());
      }
      case DIRTY_RING_FULL, OTHER -> {
        processor.disturb();
        yield trapped(exits.trap());
      }
    };
  }

  private Trap trapped(Trap trap) {
    switch (trap) {
      case Trap.ProcessorException _ -> {
        runner.exitSeen(); // the stub's own out is all there is
        state = State.TRAPPED;
      }
      case Trap.PrivilegeLost _ -> state = State.ENDED;
      default -> {
        state = State.TRAPPED;
        settle();
      }
    }
    return trap;
  }

  /**
   * Finishes what the vCPU has exited for, if nobody has looked at that.
   *
   * @return false if it has ended, and nobody can say what state it is in
   */
  boolean settle() {
    State before = state;
    if (before != State.ENDED && runner.isExitUnseen()) {
      state = State.ENDED; // should something fail in between
      if (runner.settle()) {
        state = before;
      }
    }
    return state != State.ENDED;
  }

  /** Stops a guest that waits for the next call, or does whatever it does meanwhile. */
  public void halt() {
    if (state != State.ENDED) {
      transport.halt();
    }
  }

  /** Whether the vCPU runs although nobody waits for it. */
  boolean isRunning() {
    return transport.isRunning();
  }

  /**
   * The general registers as of the last stop, with RIP where the guest's own code is: at a system
   * call or a host call, where it returns to. Hostile.
   */
  public RegisterValues location() {
    return exits.location(space);
  }

  // The call that it runs for.

  /** Where work for the guest can be ended: as whoever calls says. */
  public Checkpoint checkpoint() {
    return call;
  }

  /** Where the vCPU runs in the running call, in terms of the kernel; 0 if nobody controls it. */
  public int processorThread() {
    return call.processorThread();
  }

  /** How long the running call has taken, in nanoseconds. */
  public long callNanos() {
    return call.elapsedNanos();
  }

  /**
   * The thread of the call goes to code of the embedder's, or to sleep, and may be interrupted
   * there; {@link #comeBack} has to follow, if it does.
   *
   * @return false if the call is to end instead
   */
  public boolean goOutside() {
    return call.goOutside();
  }

  public void comeBack() {
    call.comeBack();
  }

  // Images.

  /** Stands where the stopped code of an image does, which the vCPU is put into. */
  void stop(StoppedState stopped) {
    processor.stop(stopped);
    state = State.WAITING;
  }

  /** What of it outlives a call. It does not run meanwhile. */
  RestingState userState() {
    require(State.RESTING, State.PRISTINE);
    return state == State.PRISTINE ? initial : processor.restingState();
  }

  /** All of it, at a system call that is not answered yet. */
  StoppedState stoppedState() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    return processor.stoppedState();
  }

  Transport transport() {
    return transport;
  }

  /** Whether a restore is possible. Nothing runs from here on. */
  boolean canBeRestored() {
    halt();
    return !transport.hasFailed() && settle();
  }

  /** A restore of the VM begins, and if it does not get to its end, nothing else helps. */
  void restoreBegins() {
    state = State.ENDED;
  }

  /** The VM equals its image again. */
  void restoreOfVmEnds() {
    state = State.RESTORING;
  }

  /** All that belongs to it equals the image again. */
  void restored(boolean atSystemCall) {
    require(State.RESTORING, State.RESTORING);
    state = atSystemCall ? State.WAITING : State.PRISTINE;
  }

  /** It is of no use any more. */
  void close() {
    state = State.ENDED; // even if closing fails half-way, there may be nothing left to use
    transport.close();
  }
}

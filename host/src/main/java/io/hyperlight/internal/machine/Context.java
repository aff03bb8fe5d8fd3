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

  private final PhysicalMemory memory;
  private final Processor processor;
  private final VcpuRunner runner;
  private final CurrentCall call;
  private final Exits exits;
  private final GuestEntry entry;
  private final UserRegisters registers;

  /** The address at which calls begin. */
  private final long gate;

  private final ExitTransport exitTransport;
  private Transport transport;
  private State state = State.PRISTINE;

  /** The address space in which it runs. */
  private AddressSpace space;

  /** The state with which a call starts if it starts from a clean state. */
  private final RestingState initial;

  private long frame;
  private long framePhysical;

  /**
   * Makes a context that equals a new one.
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

  /** Returns whether it is unusable without a restore, or forever. */
  public boolean isBroken() {
    return state == State.RESTORING || state == State.ENDED;
  }

  private void require(State first, State second) {
    if (state != first && state != second) {
      throw new IllegalStateException("the guest is " + state);
    }
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
    if (runner.hasOwnThread()) {
      transport =
          new SharedMemoryTransport(memory, space, runner, entry, exitTransport, framePhysical);
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
    space = other;
    framePhysical = physical;
  }

  /** Restores the address space of the image, after registers and memory are restored. */
  void restoreAddressSpace(AddressSpace ofImage) {
    if (!space.equals(ofImage)) {
      space = ofImage;
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
    if (runner.isExitUnseen()) {
      throw new IllegalStateException("the last exit of the guest was not handled yet");
    }
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
    while (trap instanceof Trap.ProcessorException fault
        && fault.kind() == FaultKind.MEMORY_ACCESS
        && space.resolve(
            fault.address(),
            fault.access() == MemoryAccess.WRITE,
            fault.access() == MemoryAccess.EXECUTE)) {
      resumeAt(fault.registers());
      trap = runOnce();
    }
    return trap;
  }

  private @Nullable Trap runOnce() {
    require(State.READY, State.READY);
    state = State.RUNNING; // stays so if something fails in between
    Transport.Arrival arrival = transport.run();
    return arrival == Transport.Arrival.EXIT ? look() : arrived(arrival); // most runs end so
  }

  private @Nullable Trap arrived(Transport.Arrival arrival) {
    return switch (arrival) {
      case EXIT -> look();
      case MESSAGE -> message();
      case EXIT_BESIDE_MESSAGE ->
          trapped(new Trap.ExitBesideMessage(runner.vcpu().exit(), location()));
      case STOPPED -> {
        // The guest may be in the middle of an exception, or was not entered at all.
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

  /** Returns whether the last run ended at the gate's exit, so that the call is over. */
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
   * Handles the exit at which the vCPU stands. Only here and in {@link #settle} is an exit of the
   * guest marked as handled. Before that, no other code gets anything of this VM.
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
        runner.exitSeen(); // an exception stub does nothing but its own out
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
   * Finishes what the vCPU exited for, if the exit was not handled yet.
   *
   * @return false if the context has ended, or its state is unknown
   */
  boolean settle() {
    State before = state;
    if (before != State.ENDED && runner.isExitUnseen()) {
      state = State.ENDED; // if something fails in between
      if (runner.settle()) {
        state = before;
      }
    }
    return state != State.ENDED;
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
    return exits.location(space);
  }

  // Several contexts of one machine: to come.

  public int number() {
    return 0;
  }

  public Context fork() {
    if (state != State.ENDED) {
      throw new UnsupportedOperationException("not yet");
    }
    return this;
  }

  public void park() {}

  public void unpark() {}

  public void setStackPointer(long address) {}

  public void setThreadPointer(long address) {}

  public void exit() {}

  public void resumeStopped() {}

  public void preemptAt(long nanos) {}

  // The call for which it runs.

  /** Returns the checkpoint at which the caller can end work for the guest. */
  public Checkpoint checkpoint() {
    return call;
  }

  /**
   * Returns the kernel's number of the thread that runs the vCPU in the running call, or 0 if no
   * call controls it.
   */
  public int processorThread() {
    return call.processorThread();
  }

  /** Returns how long the running call has taken, in nanoseconds. */
  public long callNanos() {
    return call.elapsedNanos();
  }

  /**
   * Says that the thread of the call enters the embedder's code, or sleeps. It may be interrupted
   * there. {@link #comeBack} has to follow if this returns true.
   *
   * @return false if the call has to end instead
   */
  public boolean goOutside() {
    return call.goOutside();
  }

  public void comeBack() {
    call.comeBack();
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
    return state == State.PRISTINE ? initial : processor.restingState();
  }

  /** Returns its whole state at a system call that is not answered yet. */
  StoppedState stoppedState() {
    require(State.IN_SYSTEM_CALL, State.WAITING);
    return processor.stoppedState();
  }

  Transport transport() {
    return transport;
  }

  /** Returns whether a restore is possible. Nothing runs from here on. */
  boolean canBeRestored() {
    halt();
    return !transport.hasFailed() && settle();
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
  void restored(boolean atSystemCall) {
    require(State.RESTORING, State.RESTORING);
    state = atSystemCall ? State.WAITING : State.PRISTINE;
  }

  /** Ends it. It is unusable afterwards. */
  void close() {
    // First: if closing fails half-way, some parts may be closed already.
    state = State.ENDED;
    transport.close();
  }
}

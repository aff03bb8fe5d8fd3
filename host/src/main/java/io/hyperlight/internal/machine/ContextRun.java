package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import org.jspecify.annotations.Nullable;

/**
 * Runs a context until the next exit, and sorts the exit.
 *
 * <p><b>Boundary.</b> Everything that a guest can do ends here: in a system call, the end of a
 * call, or a {@link Trap}. Only after the exit was handled does the state of the context say where
 * the guest stands.
 */
final class ContextRun {
  private final Context context;
  private final ContextRegisters registers;

  // Of the vCPU on which the context is, or was last.
  private Processor processor;
  private VcpuRunner runner;
  private Exits exits;
  private GuestEntry entry;

  ContextRun(Context context, Vcpu vcpu, ContextRegisters registers) {
    this.context = context;
    this.registers = registers;
    processor = vcpu.processor();
    runner = vcpu.runner();
    exits = vcpu.exits();
    entry = vcpu.entry();
  }

  /** Says that the context goes on on another vCPU. */
  void use(Vcpu vcpu) {
    processor = vcpu.processor();
    runner = vcpu.runner();
    exits = vcpu.exits();
    entry = vcpu.entry();
  }

  /** Runs the guest, which is ready, until the next exit. */
  @Nullable Trap once() {
    context.become(State.RUNNING); // stays so if something fails in between
    Transport.Arrival arrival = context.transport().run();
    if (arrival == Transport.Arrival.EXIT) {
      return look(); // most runs end so
    }
    // A kick to preempt can come in a stub, from which the guest leaves by itself.
    while (arrival == Transport.Arrival.PREEMPTED && !registers.settleKick()) {
      arrival = context.transport().run();
    }
    return arrived(arrival);
  }

  private @Nullable Trap arrived(Transport.Arrival arrival) {
    return switch (arrival) {
      case EXIT -> look();
      case MESSAGE -> message();
      case EXIT_BESIDE_MESSAGE ->
          trapped(new Trap.ExitBesideMessage(runner.vcpu().exit(), context.location()));
      case STOPPED -> {
        // The guest may be in the middle of an exception, or was not entered at all.
        processor.disturb();
        context.transport().halt();
        context.become(State.TRAPPED);
        // First, since the vCPU may stand in code of the monitor or the gate.
        context.setResumable(!runner.hasOwnThread() && canGoOn());
        yield new Trap.Stopped(context.location());
      }
      case PREEMPTED -> {
        context.become(State.TRAPPED);
        context.setResumable(true);
        yield new Trap.Preempted(context.transport().registers());
      }
      case FAILED -> {
        context.fail();
        throw runner.failure();
      }
    };
  }

  /** Returns whether code that a stop has left can go on, in the stopped VM or in another one. */
  private boolean canGoOn() {
    if (registers.settleKick()) {
      return true;
    }
    RegisterValues atFault = exits.registersAtFault();
    return atFault != null && registers.takeBackFault(atFault);
  }

  /** Takes the guest's message. */
  private @Nullable Trap message() {
    boolean done = context.transport().isCallDone();
    if (done || context.transport().callNumber() == Hypercall.HOST) {
      context.become(done ? State.RESTING : State.IN_SYSTEM_CALL);
      return null;
    }
    RegisterValues message = context.transport().registers();
    context.transport().halt();
    context.become(State.TRAPPED);
    return new Trap.BadMessage(context.transport().callNumber(), message);
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
        context.become(kind == Exits.Kind.CALL_DONE ? State.RESTING : State.IN_SYSTEM_CALL);
        yield null;
      }
      case BAD_RETURN_ADDRESS -> {
        processor.disturb();
        yield trapped(exits.badReturnAddress());
      }
      case DIRTY_RING_FULL, OTHER -> {
        processor.disturb();
        Trap trap = exits.trap();
        yield trapped(registers.isForged(trap) ? new Trap.ForgedState(trap.registers()) : trap);
      }
    };
  }

  private Trap trapped(Trap trap) {
    switch (trap) {
      case Trap.ProcessorException _, Trap.ForgedState _ -> {
        runner.exitSeen(); // an exception stub does nothing but its own out
        context.become(State.TRAPPED);
      }
      case Trap.PrivilegeLost _ -> context.fail();
      default -> {
        context.become(State.TRAPPED);
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
    State before = context.state();
    if (before != State.ENDED && runner.isExitUnseen()) {
      context.become(State.ENDED); // if something fails in between
      if (runner.settle()) {
        context.become(before);
      }
    }
    return context.state() != State.ENDED;
  }
}

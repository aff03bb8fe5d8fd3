package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** A virtual machine with its one virtual CPU. Only one thread at a time may use it. */
public interface Processor extends AutoCloseable {
  /** Returns the CPU, which runs user code. */
  VirtualCpu vcpu();

  /** Returns the tracker that knows what the guest writes, or null without tracking. */
  @Nullable DirtyTracker tracker();

  /**
   * Returns an object that says what the exits of the CPU mean.
   *
   * @param exceptionStackTop the guest-physical address
   */
  Exits exits(PhysicalMemory memory, long exceptionStackTop);

  /** Returns an object that lets user code go on. */
  GuestEntry entry();

  /** Returns the part of user code's state that is not in the general registers. */
  UserRegisters userRegisters();

  /** Makes the CPU, which does not run, use other page tables. */
  void usePageTables(PageTable root);

  /** Records that a restore now has to reset more than memory and general registers. */
  void disturb();

  /** Resets what an exception or an unusual exit changes outside the general registers. */
  void restore();

  /** Returns the state that outlives a call, of a CPU between two calls. */
  RestingState restingState();

  /** Returns all of user code's state, of a CPU at a system call. */
  StoppedState stoppedState();

  /** Puts the CPU into the state of one that has stopped on an equal machine. */
  void stop(StoppedState state);

  @Override
  void close();
}

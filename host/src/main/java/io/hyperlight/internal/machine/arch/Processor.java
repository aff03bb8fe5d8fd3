package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** A virtual machine with its one virtual CPU. For one thread at a time. */
public interface Processor extends AutoCloseable {
  /** Runs user code. */
  VirtualCpu vcpu();

  /** Knows what the guest writes, unless there is no tracking. */
  @Nullable DirtyTracker tracker();

  /**
   * What the exits of the CPU mean.
   *
   * @param exceptionStackTop the physical address
   */
  Exits exits(PhysicalMemory memory, long exceptionStackTop);

  /** Lets user code go on. */
  GuestEntry entry();

  /** What there is of user code's state beside the general registers. */
  UserRegisters userRegisters();

  /** Lets the CPU, which does not run, use other page tables. */
  void usePageTables(PageTable root);

  /** Says that there is more to put back now than memory and general registers. */
  void disturb();

  /** Puts back what an exception or an odd exit changes outside the general registers. */
  void restore();

  /** What outlives a call, of a CPU between two calls. */
  RestingState restingState();

  /** All of user code's state, of a CPU at a system call. */
  StoppedState stoppedState();

  /** Puts the CPU into the state of one that has stopped on an equal machine. */
  void stop(StoppedState state);

  @Override
  void close();
}

package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * A virtual CPU with all that it needs to run user code. The first one of a virtual machine owns
 * the machine. Only one thread at a time may use it.
 */
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

  /**
   * Makes a further CPU of the same machine. It is closed before this one.
   *
   * @param number from 1 on
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails;
   *     nothing is left behind
   */
  Processor further(int number);

  /**
   * Maps the pages that a further CPU needs of the guest's memory. They stay until {@link
   * #unmapPages}, or until the memory is restored to an image.
   *
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if there is not
   *     enough memory; nothing is mapped then
   */
  void mapPages(AddressSpace space);

  /** Unmaps these pages, so that an image does not have them. */
  void unmapPages(AddressSpace space);

  /** Makes the registers of a context. It is parked, with zeros in all registers. */
  ContextRegisters newContext();

  /** Says that the CPU, which rests, has the state of a context. All others are parked. */
  void begin(ContextRegisters context);

  /** Says that all contexts are parked, and the CPU has the state of none. It rests. */
  void beginParked();

  /**
   * Says in which address space contexts run. The gate's code finds the general registers of a
   * context that goes on in a block there, if the gate is mapped.
   */
  void useSwitchBlockOf(AddressSpace space);

  /** Makes the CPU, which does not run, use other page tables. */
  void usePageTables(PageTable root);

  /** Records that a restore now has to reset more than memory and general registers. */
  void disturb();

  /** Resets what an exception or an unusual exit changes outside the general registers. */
  void restore();

  /** Returns all of user code's state, of a CPU at a system call. */
  StoppedState stoppedState();

  /** Puts the CPU into the state of one that has stopped on an equal machine. */
  void stop(StoppedState state);

  @Override
  void close();
}

package io.hyperlight.internal.hypervisor.x86;

import io.hyperlight.internal.hypervisor.VirtualCpu;

/**
 * A virtual x86-64 CPU. The general registers are a view ({@link #get}, {@link #set}, {@link
 * #commitRegisters}). All other state is read and set by system calls, which are slow and rare.
 */
public interface X86VirtualCpu extends VirtualCpu {
  /** Returns a general register as of the last exit. */
  long get(Register register);

  /** Sets a general register for the next {@link #run}. {@link #commitRegisters} has to follow. */
  void set(Register register, long value);

  /**
   * Sets all general registers to zero for the next {@link #run}. {@link #commitRegisters} has to
   * follow.
   */
  void clearRegisters();

  /** Makes the next {@link #run} load the general registers from the view. */
  void commitRegisters();

  /**
   * Adds CS to the view, and makes {@link #faultAddress} cheap. To be called before the first
   * {@link #run}.
   */
  void viewCodeSegment();

  /** Returns the selector in CS as of the last exit. Only valid after {@link #viewCodeSegment}. */
  int codeSegmentSelector();

  /** Returns CR2, the address of the last page fault, as of the last exit. */
  long faultAddress();

  /**
   * Says that the hypervisor leaves the guest's DS, ES, FS and GS in the thread that runs it. From
   * then on the thread has null selectors at the end of each {@link #run}, whatever the guest does.
   * {@link io.hyperlight.internal.os.HostIoctl#installRunCode} has to be called before.
   */
  void takeSelectorsFromThread();

  /** Returns the segment, descriptor-table and control registers. */
  SpecialRegisters specialRegisters();

  /**
   * Sets the segment, descriptor-table and control registers. {@link #setCpuid} has to be called
   * before: a CPU refuses features that its CPUID does not show.
   */
  void setSpecialRegisters(SpecialRegisters registers);

  /**
   * Sets what CPUID shows.
   *
   * @param cpuid of the same hypervisor
   */
  void setCpuid(Cpuid cpuid);

  /**
   * Sets XCR0, which says what XSAVE manages. {@link #setSpecialRegisters} has to set CR4.OSXSAVE
   * before.
   */
  void setXcr0(long value);

  /** Returns the extended control registers, in the hypervisor's format. */
  byte[] extendedControlRegisters();

  /** Returns x87 and vector state in the standard format (Intel SDM vol. 1, "XSAVE Area"). */
  byte[] extendedState();

  /**
   * Sets x87 and vector state.
   *
   * @param area in the format of {@link #extendedState}
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if it fails; it is a refusal
   *     if no processor can be in this state
   */
  void setExtendedState(byte[] area);

  /**
   * Returns model-specific registers.
   *
   * @return the values, one for each index
   */
  long[] modelSpecificRegisters(long... indices);

  /**
   * Sets model-specific registers.
   *
   * @param indicesAndValues index, value, index, value, ...
   */
  void setModelSpecificRegisters(long... indicesAndValues);

  /**
   * Returns the exceptions and interrupts that are pending or masked, in the hypervisor's format.
   */
  byte[] pendingEvents();

  /** Returns DR0 to DR7, in the hypervisor's format. */
  byte[] debugRegisters();

  /** Sets the debug registers to the values of a new CPU. */
  void resetDebugRegisters();
}

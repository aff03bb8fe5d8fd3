package io.hyperlight.internal.hypervisor.x86;

import io.hyperlight.internal.hypervisor.VirtualCpu;

/**
 * A virtual x86-64 CPU. The general registers are a view ({@link #get}, {@link #set}, {@link
 * #commitRegisters}); all else is read and set at once, by system calls, which is slow and rare.
 */
public interface X86VirtualCpu extends VirtualCpu {
  /** A general register as of the last exit. */
  long get(Register register);

  /** Sets a general register for the next {@link #run}, with {@link #commitRegisters}. */
  void set(Register register, long value);

  /**
   * Sets every general register to zero for the next {@link #run}, with {@link #commitRegisters}.
   */
  void clearRegisters();

  /** Lets the next {@link #run} load the general registers as they are in the view. */
  void commitRegisters();

  /** Asks for CS in the view, too: before the first {@link #run}. */
  void viewCodeSegment();

  /** The selector in CS as of the last exit; only after {@link #viewCodeSegment}. */
  int codeSegmentSelector();

  /**
   * Says that the hypervisor leaves the guest's DS, ES, FS and GS in the thread that runs it.
   * Whatever the guest does, the thread has null selectors at the end of each {@link #run} then.
   * {@link io.hyperlight.internal.os.HostIoctl#installRunCode} comes before.
   */
  void takeSelectorsFromThread();

  /** Segment, descriptor-table and control registers. */
  SpecialRegisters specialRegisters();

  /** Sets them. After {@link #setCpuid}, or features are refused that the CPU seems not to have. */
  void setSpecialRegisters(SpecialRegisters registers);

  /**
   * Says what CPUID shows.
   *
   * @param cpuid of the same hypervisor
   */
  void setCpuid(Cpuid cpuid);

  /**
   * Sets XCR0, which says what XSAVE manages. After {@link #setSpecialRegisters} has set
   * CR4.OSXSAVE.
   */
  void setXcr0(long value);

  /** The extended control registers, in the hypervisor's format. */
  byte[] extendedControlRegisters();

  /** x87 and vector state in the standard format (Intel SDM vol. 1, "XSAVE Area"). */
  byte[] extendedState();

  /**
   * Sets x87 and vector state.
   *
   * @param area in the format of {@link #extendedState}
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException also if no processor can be
   *     in this state, which is a refusal
   */
  void setExtendedState(byte[] area);

  /**
   * Model-specific registers.
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

  /** Exceptions and interrupts that are pending or masked, in the hypervisor's format. */
  byte[] pendingEvents();

  /** DR0 to DR7, in the hypervisor's format. */
  byte[] debugRegisters();

  /** Makes the debug registers what a new CPU has. */
  void resetDebugRegisters();
}

package io.hyperlight.error;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The guest did something that is not allowed: it caused a processor exception, accessed a port, or
 * made an invalid host call.
 *
 * <p>The sandbox is unusable afterwards. The JVM and all other sandboxes are not affected.
 */
public final class GuestFaultException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** The kinds of faults. */
  public enum Kind {
    /**
     * An access to memory that is not mapped, or that is mapped without the right for this access.
     */
    MEMORY_ACCESS,
    /** The call stack is used up. */
    STACK_OVERFLOW,
    /** A division by zero, or one whose result does not fit. */
    DIVISION,
    /** An instruction that the processor does not know. */
    ILLEGAL_INSTRUCTION,
    /** An instruction that user code may not execute, or an address that cannot be valid. */
    PROTECTION,
    /** A floating-point exception that the guest had enabled. */
    FLOATING_POINT,
    /** An unaligned access while the guest had alignment checks enabled. */
    ALIGNMENT,
    /** A breakpoint or a single step. */
    DEBUG,
    /** Another processor exception. */
    OTHER,
    /** An instruction for a device, in code that may not use one. */
    DEVICE_ACCESS,
    /** An invalid call of the host, or an invalid return from a call. */
    PROTOCOL_VIOLATION,
    /** The virtual machine stopped in a way that is none of the above. */
    MACHINE_STOPPED
  }

  /** The kind of fault. */
  private final Kind kind;

  /** The address that the access was for. */
  private final @Nullable Long faultAddress;

  /** Where the guest was. */
  private final GuestLocation location;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind the kind of fault
   * @param what the fault in words
   * @param faultAddress the address of a memory access; null for other faults
   * @param location where the guest was
   */
  public GuestFaultException(
      Kind kind, String what, @Nullable Long faultAddress, GuestLocation location) {
    this(kind, what, faultAddress, location, List.of());
  }

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind the kind of fault
   * @param what the fault in words
   * @param faultAddress the address of a memory access; null for other faults
   * @param location where the guest was
   * @param threads its threads, if it has several
   */
  public GuestFaultException(
      Kind kind,
      String what,
      @Nullable Long faultAddress,
      GuestLocation location,
      List<GuestThread> threads) {
    super("guest fault: %s, %s".formatted(what, location), null, threads);
    this.kind = kind;
    this.faultAddress = faultAddress;
    this.location = location;
  }

  /** {@return the kind of fault} */
  public Kind kind() {
    return kind;
  }

  /** {@return the guest address of the access; present for memory accesses and stack overflows} */
  public OptionalLong faultAddress() {
    return faultAddress == null ? OptionalLong.empty() : OptionalLong.of(faultAddress);
  }

  /**
   * {@return where the guest was: at the instruction that caused the fault, or at the next one for
   * a debug trap}
   */
  public GuestLocation location() {
    return location;
  }
}

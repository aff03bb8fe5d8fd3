package io.hyperlight.error;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The guest did something that is not allowed: a processor exception, a port, a host call that
 * makes no sense.
 *
 * <p>The sandbox is unusable afterwards. The JVM and all other sandboxes are not affected.
 */
public final class GuestFaultException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What kind of thing it did. */
  public enum Kind {
    /** An address that is not mapped, or not for this kind of access. */
    PAGE_FAULT,
    /** The call stack is used up. */
    STACK_OVERFLOW,
    /** Division by zero, or a quotient that is too large. */
    DIVIDE_ERROR,
    /** An instruction that the processor does not know. */
    INVALID_OPCODE,
    /** A privileged instruction, a port, a non-canonical address, a segment. */
    GENERAL_PROTECTION,
    /** A floating-point exception that the guest had unmasked. */
    FLOATING_POINT,
    /** An unaligned access while alignment was checked. */
    ALIGNMENT,
    /** A breakpoint or a single step. */
    DEBUG,
    /** Another processor exception. */
    PROCESSOR_EXCEPTION,
    /** A use of the port that belongs to the system-call stub. */
    PORT_ACCESS,
    /** A call of the host, or a return from a call, that makes no sense. */
    PROTOCOL_VIOLATION,
    /** The virtual machine stopped in a way that is none of the above. */
    MACHINE_STOPPED
  }

  /** What it did. */
  private final Kind kind;

  /** What a page fault was about. */
  private final @Nullable Long faultAddress;

  /** Where it was. */
  private final GuestLocation location;

  /**
   * Made by the library.
   *
   * @param kind what kind of thing the guest did
   * @param what the same in words
   * @param faultAddress what a page fault was about
   * @param location where the guest was
   */
  public GuestFaultException(
      Kind kind, String what, @Nullable Long faultAddress, GuestLocation location) {
    super("guest fault: %s, %s".formatted(what, location), null);
    this.kind = kind;
    this.faultAddress = faultAddress;
    this.location = location;
  }

  /** {@return what kind of thing the guest did} */
  public Kind kind() {
    return kind;
  }

  /**
   * {@return the guest address that the access was about; present for page faults and stack
   * overflows}
   */
  public OptionalLong faultAddress() {
    return faultAddress == null ? OptionalLong.empty() : OptionalLong.of(faultAddress);
  }

  /**
   * {@return where the guest was: the instruction that did it, or for debug traps the one behind
   * it}
   */
  public GuestLocation location() {
    return location;
  }
}

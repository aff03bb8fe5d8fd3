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
    /** An access to memory that is not mapped, or not for this kind of access. */
    MEMORY_ACCESS,
    /** The call stack is used up. */
    STACK_OVERFLOW,
    /** A division by zero, or one whose result has no room. */
    DIVISION,
    /** An instruction that the processor does not know. */
    ILLEGAL_INSTRUCTION,
    /** An instruction that is not for user code, or an address that can be none. */
    PROTECTION,
    /** A floating-point exception that the guest had asked for. */
    FLOATING_POINT,
    /** An unaligned access while the guest had alignment checked. */
    ALIGNMENT,
    /** A breakpoint or a single step. */
    DEBUG,
    /** Another fault of the processor's. */
    OTHER,
    /** An instruction for a device by code that has no business with one. */
    DEVICE_ACCESS,
    /** A call of the host, or a return from a call, that makes no sense. */
    PROTOCOL_VIOLATION,
    /** The virtual machine stopped in a way that is none of the above. */
    MACHINE_STOPPED
  }

  /** What it did. */
  private final Kind kind;

  /** What address a memory access was about. */
  private final @Nullable Long faultAddress;

  /** Where it was. */
  private final GuestLocation location;

  /**
   * Made by the library.
   *
   * @param kind what kind of thing the guest did
   * @param what the same in words
   * @param faultAddress what address a memory access was about
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
   * {@return the guest address that the access was about; present for memory accesses and stack
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

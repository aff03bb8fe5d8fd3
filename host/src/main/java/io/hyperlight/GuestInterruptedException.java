package io.hyperlight;

import java.util.Map;
import java.util.Optional;

/**
 * A call was ended by {@link Sandbox#interrupt}, or because the thread that called was interrupted;
 * that thread's interrupt status is set then.
 *
 * <p>If guest code ran, or may have, the sandbox is unusable afterwards. A call on a thread whose
 * interrupt status is set already is not {@linkplain #begun begun}, and leaves the sandbox as it
 * was.
 */
public final class GuestInterruptedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** Whether the call had begun. */
  private final boolean begun;

  /** Where the guest was. */
  private final Whereabouts whereabouts;

  /**
   * Of one call.
   *
   * @param message with where the guest was behind it, if it had begun
   */
  GuestInterruptedException(String message, boolean begun, Whereabouts whereabouts) {
    super(message, null);
    this.begun = begun;
    this.whereabouts = whereabouts;
  }

  @Override
  public String getMessage() {
    return begun ? super.getMessage() + whereabouts : String.valueOf(super.getMessage());
  }

  /**
   * {@return whether guest code ran, or may have, so that the sandbox is unusable until it is
   * restored}
   */
  public boolean begun() {
    return begun;
  }

  /**
   * {@return where the guest was: its next instruction, which follows a system call if it was in
   * one, as it is during a host function; 0 if it has not run}
   */
  public long instructionPointer() {
    return whereabouts.instructionPointer();
  }

  /**
   * {@return the nearest function name at or below {@link #instructionPointer}, with the distance,
   * if the guest has symbols}
   */
  public Optional<String> symbol() {
    return whereabouts.symbol();
  }

  /**
   * {@return the general registers by their names in capitals, {@code RIP} and {@code RFLAGS}
   * included; none if the guest has not run}
   */
  public Map<String, Long> registers() {
    return whereabouts.registers();
  }
}

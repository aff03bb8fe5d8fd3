package io.hyperlight;

import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.HypervisorMissingException;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileException;
import java.util.function.Supplier;

/**
 * Turns internal exceptions outside of calls into the exceptions of the API. All of that is in this
 * one place.
 */
final class Failures {
  private Failures() {}

  /**
   * Runs an action on sandboxes.
   *
   * @param what the action, for the message "cannot {@code what}"
   */
  static <T> T translate(Guest guest, String what, Supplier<T> action) {
    try {
      return translate(what, action::get);
    } catch (GuestMemoryExhaustedException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.MEMORY,
          guest.name() + " does not fit: " + e.getMessage() + "; raise memorySize",
          e);
    } catch (GuestFormatException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          guest.name() + " cannot be loaded: " + e.getMessage(),
          e);
    }
  }

  /** An action that may throw its own kind of exception. */
  @FunctionalInterface
  interface Action<T, E extends Exception> {
    T run() throws E;
  }

  /**
   * Runs an action that uses KVM.
   *
   * @param what the action, for the message "cannot {@code what}"
   */
  static <T, E extends Exception> T translate(String what, Action<T, E> action) throws E {
    try {
      return action.run();
    } catch (HypervisorMissingException | MachineUnsupportedException e) {
      throw new HypervisorException(
          HypervisorException.Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } catch (HypervisorCallException | SystemCallException | FileException e) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED, "cannot " + what + ": " + e.getMessage(), e);
    }
  }
}

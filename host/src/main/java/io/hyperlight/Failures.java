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

/** Makes the user's exceptions of what goes wrong outside of calls: in one place, for all of it. */
final class Failures {
  private Failures() {}

  /**
   * Does something with sandboxes.
   *
   * @param what for the message, as in "cannot {@code what}"
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

  /** Does something that may throw an exception of its own. */
  @FunctionalInterface
  interface Action<T, E extends Exception> {
    T run() throws E;
  }

  /**
   * Does something with KVM.
   *
   * @param what for the message, as in "cannot {@code what}"
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

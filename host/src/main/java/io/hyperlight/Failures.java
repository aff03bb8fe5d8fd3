package io.hyperlight;

import io.hyperlight.files.FileException;
import io.hyperlight.guest.GuestFormatException;
import io.hyperlight.kvm.KvmException;
import io.hyperlight.kvm.KvmUnavailableException;
import io.hyperlight.os.SystemCallException;
import io.hyperlight.vm.GuestMemoryExhaustedException;
import io.hyperlight.vm.MachineUnsupportedException;
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
      throw new SandboxMemoryException(
          guest.name() + " does not fit: " + e.getMessage() + "; raise memorySize", e);
    } catch (GuestFormatException e) {
      throw new InvalidGuestException(guest.name() + " cannot be loaded: " + e.getMessage(), e);
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
    } catch (KvmUnavailableException | MachineUnsupportedException e) {
      throw new HypervisorUnavailableException(String.valueOf(e.getMessage()), e);
    } catch (KvmException | SystemCallException | FileException e) {
      throw new HypervisorException("cannot " + what + ": " + e.getMessage(), e);
    }
  }
}

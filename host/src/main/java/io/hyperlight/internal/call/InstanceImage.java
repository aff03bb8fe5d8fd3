package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.loader.GuestLayout;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.MachineImage;
import io.hyperlight.internal.machine.Platform;

/**
 * An instance between two calls, frozen: the machine, what the host knows of the program in it, and
 * what it was given. Immutable, safe for use by many threads. Instances that came from it stay
 * usable after it is closed, and can no longer go back to it.
 *
 * @param platform where instances run that come from it
 * @param machine is closed with it
 * @param windowEnd where the mapped part of the window ends
 * @param systemCalls is closed with it
 */
public record InstanceImage(
    Platform platform,
    GuestProgram program,
    MachineImage machine,
    GuestLayout layout,
    long windowEnd,
    LinuxState systemCalls,
    Embedding embedding)
    implements AutoCloseable {

  /** Whether nothing can be made from it any more. */
  public boolean isClosed() {
    return machine.isClosed();
  }

  /** Gives its memory up. A second call does nothing. */
  @Override
  public void close() {
    try {
      machine.close();
    } finally {
      systemCalls.close();
    }
  }
}

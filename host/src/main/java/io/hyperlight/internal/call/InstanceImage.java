package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.loader.GuestLayout;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.MachineImage;
import io.hyperlight.internal.machine.Platform;

/**
 * The frozen state of an instance between two calls: the machine, what the host knows of the
 * program in it, and what the embedder provided. Immutable, and safe for use by many threads.
 * Instances that came from an image stay usable after it is closed, but cannot be restored to it
 * any more.
 *
 * @param platform where instances that come from it run
 * @param machine the machine's image; closed with this one
 * @param windowEnd where the mapped part of the window ends
 * @param systemCalls the state of the system calls; closed with this image
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

  /** Returns whether nothing can be made from it any more. */
  public boolean isClosed() {
    return machine.isClosed();
  }

  /** Frees its memory. A second call does nothing. */
  @Override
  public void close() {
    try {
      machine.close();
    } finally {
      systemCalls.close();
    }
  }
}

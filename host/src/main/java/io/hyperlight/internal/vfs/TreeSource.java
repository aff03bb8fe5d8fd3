package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import java.time.InstantSource;

/**
 * A source of trees: the initial files, which all sandboxes that mount them share. Immutable, safe
 * for use by many threads.
 */
public interface TreeSource {
  /**
   * Opens the tree for one file system.
   *
   * @param device the device number for its files
   * @param clock for times of files
   * @param checkpoint for loops whose length the guest chooses
   * @throws io.hyperlight.internal.os.SystemCallException if a file of the host cannot be opened
   */
  Tree open(int device, InstantSource clock, Checkpoint checkpoint);
}

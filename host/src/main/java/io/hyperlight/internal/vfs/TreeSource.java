package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import java.time.InstantSource;

/**
 * What a tree of files is made of: shared by all sandboxes that have it mounted, immutable, safe
 * for use by many threads.
 */
public interface TreeSource {
  /**
   * Makes the tree for one file system.
   *
   * @param device the number that its files are to have
   * @param clock for times of files
   * @param checkpoint for loops whose length the guest chooses
   * @throws io.hyperlight.internal.os.SystemCallException if something of the host cannot be opened
   */
  Tree open(int device, InstantSource clock, Checkpoint checkpoint);
}

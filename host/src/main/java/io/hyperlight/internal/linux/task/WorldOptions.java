package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.vfs.Mount;
import java.util.List;

/**
 * What the embedder decides about a world.
 *
 * @param descriptors how many a process can have, and how many files it can map
 * @param mayMakeCode whether memory that could be written may become executable
 * @param mounts its files
 */
public record WorldOptions(int descriptors, boolean mayMakeCode, List<Mount> mounts) {
  public WorldOptions {
    mounts = List.copyOf(mounts);
  }
}

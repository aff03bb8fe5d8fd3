package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.vfs.Mount;
import java.util.List;

/**
 * Holds the embedder's decisions about a world.
 *
 * @param descriptors how many descriptors a process can have, and how many files it can map
 * @param mayMakeCode whether memory that was writable may become executable
 * @param mounts the files of the world
 * @param threads how many threads a process can have
 * @param turns when turns of tasks are over
 * @param processors on how many processors tasks run at the same time
 */
public record WorldOptions(
    int descriptors,
    boolean mayMakeCode,
    List<Mount> mounts,
    int threads,
    TurnOrder turns,
    int processors) {
  public WorldOptions {
    mounts = List.copyOf(mounts);
  }
}

package io.hyperlight.internal.linux.task;

import java.util.List;

/**
 * What the embedder decides about a world.
 *
 * @param descriptors how many a process can have, and how many files it can map
 * @param mayMakeCode whether memory that could be written may become executable
 * @param mountPaths where files are mounted
 */
public record WorldOptions(int descriptors, boolean mayMakeCode, List<String> mountPaths) {
  public WorldOptions {
    mountPaths = List.copyOf(mountPaths);
  }
}

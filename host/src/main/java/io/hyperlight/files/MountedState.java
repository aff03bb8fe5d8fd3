package io.hyperlight.files;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tree's part of a state.
 *
 * @param path where it is mounted
 * @param state null if it cannot be written
 * @param hidden paths at and below which other trees are to be seen in its place
 */
record MountedState(String path, @Nullable MemoryState state, List<String> hidden) {
  /** Whether other trees hide what has a path, and everything below it. */
  boolean hides(String other) {
    return hidden.contains(other);
  }
}

package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.Settings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the embedder provides to a guest. It is not part of the guest's state, so a restore does not
 * change it.
 *
 * @param bindings host functions by import number; null for numbers without an import
 * @param output where the guest's output and log go
 * @param settings settings of the guest's system calls
 */
public record Embedding(
    List<@Nullable HostBinding> bindings, GuestOutput output, Settings settings) {
  /** Returns the same embedding, with those settings of another one that belong to its guest. */
  Embedding withProgramOf(Embedding other) {
    return new Embedding(bindings, output, settings.withProgramOf(other.settings));
  }
}

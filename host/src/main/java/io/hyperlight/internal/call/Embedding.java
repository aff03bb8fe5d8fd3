package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.Settings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the embedder gives to a guest. It is not part of the guest's state, so a restore leaves it
 * as it is.
 *
 * @param bindings host functions by import number; null where there is no import of that number
 * @param output where it prints and logs
 * @param settings of its system calls
 */
public record Embedding(
    List<@Nullable HostBinding> bindings, GuestOutput output, Settings settings) {
  /** The same with those settings of others that a guest of theirs has to have. */
  Embedding withProgramOf(Embedding other) {
    return new Embedding(bindings, output, settings.withProgramOf(other.settings));
  }
}

package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * Sandboxes cannot be built on this machine, or by this process or JVM: no {@code /dev/kvm}, no
 * permission, another operating system, a processor without the features. The message says what to
 * do; {@code ./hyperlight doctor} says more.
 */
public final class HypervisorUnavailableException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  HypervisorUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

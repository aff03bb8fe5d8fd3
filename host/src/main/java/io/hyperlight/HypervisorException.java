package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * KVM failed in the middle of something that should have worked: no descriptors left, no memory.
 * The cause names the system call.
 *
 * <p>If a call was running, the sandbox is unusable afterwards.
 */
public final class HypervisorException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  HypervisorException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

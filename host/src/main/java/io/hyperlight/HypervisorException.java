package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * KVM failed in the middle of something that should have worked: no descriptors left, no memory.
 * Message and cause name the system call and its error.
 *
 * <p>Nothing is left behind of what could not be made. If a call was running, the sandbox is
 * unusable afterwards, until it is restored. After a restore that failed it is what it was before,
 * or unusable until another one.
 */
public final class HypervisorException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  HypervisorException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

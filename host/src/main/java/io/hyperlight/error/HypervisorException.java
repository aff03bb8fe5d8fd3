package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * The hypervisor, KVM, cannot be used, or failed in the middle of something that should have
 * worked. Message and cause name the system call and its error.
 */
public final class HypervisorException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /**
     * Sandboxes cannot be built on this machine, or by this process or JVM: no {@code /dev/kvm}, no
     * permission, another operating system, a processor without the features. The message says what
     * to do; {@code ./hyperlight doctor} says more.
     */
    UNAVAILABLE,
    /**
     * KVM or the host failed: no descriptors left, no memory. Nothing is left behind of what could
     * not be made. If a call was running, the sandbox is unusable afterwards, until it is restored.
     * After a restore that failed it is what it was before, or unusable until another one.
     */
    FAILED
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Made by the library.
   *
   * @param kind what was wrong
   * @param message the same in words
   * @param cause why; null if there is no cause
   */
  public HypervisorException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** {@return what was wrong} */
  public Kind kind() {
    return kind;
  }
}

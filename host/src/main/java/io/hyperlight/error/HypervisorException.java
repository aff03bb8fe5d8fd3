package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * KVM, the hypervisor, cannot be used, or an operation failed that should have worked. Message and
 * cause name the system call and its error.
 */
public final class HypervisorException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /**
     * This machine, process or JVM cannot run sandboxes: there is no {@code /dev/kvm}, the process
     * has no permission, the operating system is another one, or the processor lacks features. The
     * message says what to do, and {@code ./hyperlight doctor} says more.
     */
    UNAVAILABLE,
    /**
     * KVM or the host failed, for example because there were no descriptors or no memory left.
     * Nothing remains of what could not be made. If a call was running, the sandbox is unusable
     * until it is restored. After a failed restore the sandbox is either unchanged, or unusable
     * until another restore.
     */
    FAILED
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
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

package io.hyperlight.internal.hypervisor;

import org.jspecify.annotations.Nullable;

/** This machine, process or JVM cannot use the hypervisor. The message says why and what to do. */
public final class HypervisorMissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception. */
  public HypervisorMissingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

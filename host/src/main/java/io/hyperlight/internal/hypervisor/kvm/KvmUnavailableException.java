package io.hyperlight.internal.hypervisor.kvm;

import org.jspecify.annotations.Nullable;

/** This machine, process or JVM cannot use KVM. The message says why and what to do. */
public final class KvmUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  KvmUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

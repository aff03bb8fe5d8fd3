package io.hyperlight.internal.linux.base;

/** Holds what guests see of the kernel's identity. */
public final class Kernel {
  public static final String RELEASE = "6.1.0";

  /** {@code uname -v}. */
  public static final String VERSION = "#1 Hyperlight";

  public static final String HOST_NAME = "sandbox";

  private Kernel() {}
}

package io.hyperlight.internal.linux.base;

/** What the kernel says of itself that guests see. */
public final class Kernel {
  public static final String RELEASE = "6.1.0";

  /** {@code uname -v}. */
  public static final String VERSION = "#1 Hyperlight";

  public static final String HOST_NAME = "sandbox";

  private Kernel() {}
}

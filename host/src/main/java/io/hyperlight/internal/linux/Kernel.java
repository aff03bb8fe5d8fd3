package io.hyperlight.internal.linux;

/** What the kernel says of itself that guests see. */
final class Kernel {
  static final String RELEASE = "6.1.0";

  /** {@code uname -v}. */
  static final String VERSION = "#1 Hyperlight";

  static final String HOST_NAME = "sandbox";

  private Kernel() {}
}

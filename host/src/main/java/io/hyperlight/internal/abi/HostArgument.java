package io.hyperlight.internal.abi;

/**
 * An argument of a host call in guest memory: a value in its first word, or an address and a size
 * in both.
 */
public final class HostArgument {
  public static final int SIZE = 16;

  static final int FIRST = 0;
  static final int SECOND = 8;

  private HostArgument() {}
}

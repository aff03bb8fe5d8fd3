package io.hyperlight.internal.machine.memory;

/** The unit of guest-physical memory. */
public final class Pages {
  /** The size of a page in bytes. */
  public static final int PAGE_SIZE = 4096;

  private Pages() {}

  /** Returns the smallest multiple of the page size that is not less. */
  public static long alignUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }
}

package io.hyperlight.internal.hypervisor;

/**
 * Finds the pages of a VM's tracked memory that its guest has written. A page that was found is not
 * reported again, and costs the guest nothing more, until {@link #rearm}. What the host writes is
 * not seen.
 *
 * <p>For one thread at a time, and never while the vCPU runs.
 */
public interface DirtyTracker extends AutoCloseable {
  /** Takes page numbers: guest-physical addresses in units of 4096 bytes. */
  @FunctionalInterface
  interface PageSet {
    /** Adds a page, which may be there already. */
    void add(long page);
  }

  /**
   * Adds all pages written since the last {@link #rearm}, or at least those not collected since
   * then.
   */
  void collect(PageSet pages);

  /** Whether {@link #rearm} is due, because the room for further pages is running out. */
  boolean needsRearming();

  /**
   * Makes every page that was collected be found again when it is written next. What was not
   * collected before is found nevertheless.
   */
  void rearm();

  @Override
  void close();
}

package io.hyperlight.internal.hypervisor;

/**
 * Finds the pages of a VM's tracked memory that the guest has written. A page that was found costs
 * the guest nothing more, and is not reported again until {@link #rearm}. Writes of the host are
 * not seen.
 *
 * <p>Only one thread at a time may use it, and never while the vCPU runs.
 */
public interface DirtyTracker extends AutoCloseable {
  /** Takes page numbers: guest-physical addresses in units of 4096 bytes. */
  @FunctionalInterface
  interface PageSet {
    /** Adds a page. The set may have it already. */
    void add(long page);
  }

  /**
   * Adds the pages that the guest has written since the last {@link #rearm}. An implementation may
   * leave out those that it has added since then.
   */
  void collect(PageSet pages);

  /** Returns whether {@link #rearm} is due because the room for further pages runs out. */
  boolean needsRearming();

  /**
   * Makes the tracker report each collected page again when the guest writes it next. A written
   * page that was not collected yet stays in the tracker, and the next {@link #collect} finds it.
   */
  void rearm();

  @Override
  void close();
}

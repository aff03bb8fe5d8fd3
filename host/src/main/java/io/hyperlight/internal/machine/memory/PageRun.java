package io.hyperlight.internal.machine.memory;

/**
 * Successive pages of user addresses.
 *
 * @param start page-aligned
 * @param pages at least one
 */
public record PageRun(long start, long pages) {
  public long end() {
    return start + pages * Pages.PAGE_SIZE;
  }
}

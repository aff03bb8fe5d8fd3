package io.hyperlight.internal.machine.memory;

/**
 * A page table. Data pages are plain addresses, and only {@link TablePages} makes page tables. So a
 * data page cannot be mistaken for a table.
 */
public final class PageTable {
  private final long address;

  /** For {@link TablePages}, which has checked the address. */
  PageTable(long address) {
    this.address = address;
  }

  /** Returns its guest-physical address. */
  public long address() {
    return address;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PageTable table && table.address == address;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(address);
  }

  @Override
  public String toString() {
    return "page table at 0x%x".formatted(address);
  }
}

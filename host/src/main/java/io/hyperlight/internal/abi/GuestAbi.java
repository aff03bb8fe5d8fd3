package io.hyperlight.internal.abi;

/** Values of the guest ABI that concern a whole guest. */
public final class GuestAbi {
  /** The version that this library speaks. */
  public static final int VERSION = 1;

  /** The size of a page in bytes. All mappings begin and end at multiples of it. */
  public static final int PAGE_SIZE = 4096;

  private GuestAbi() {}

  /** Returns the start of the page that has an address. */
  public static long pageStart(long address) {
    return address & -PAGE_SIZE;
  }

  /** Returns the next page boundary, or the address itself if it is one. */
  public static long pageEnd(long address) {
    return (address + PAGE_SIZE - 1) & -PAGE_SIZE;
  }
}

package io.hyperlight.internal.abi;

/** What the guest ABI says of the whole of a guest. */
public final class GuestAbi {
  /** The version that this library speaks. */
  public static final int VERSION = 1;

  /** All mappings begin and end at multiples of it. */
  public static final int PAGE_SIZE = 4096;

  private GuestAbi() {}

  /** The start of the page that an address is in. */
  public static long pageStart(long address) {
    return address & -PAGE_SIZE;
  }

  /** The next page boundary; the address itself if it is one. */
  public static long pageEnd(long address) {
    return (address + PAGE_SIZE - 1) & -PAGE_SIZE;
  }
}

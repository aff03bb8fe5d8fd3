package io.hyperlight.internal.machine.memory;

/**
 * Reads, writes and replaces aligned words of guest memory in single accesses, so that other
 * processors can use the same words meanwhile. Addresses are any values.
 */
public final class GuestWords {
  private final AddressSpace space;
  private final UserBytes bytes;
  private final FirstTouch touch;
  private final PageSharing sharing;

  GuestWords(AddressSpace space, UserBytes bytes, FirstTouch touch, PageSharing sharing) {
    this.space = space;
    this.bytes = bytes;
    this.touch = touch;
    this.sharing = sharing;
  }

  /**
   * Reads a word that guest code itself could read.
   *
   * @throws GuestAddressException if it is not mapped, or not aligned
   */
  public int read(long guestAddress) {
    if ((guestAddress & 3) != 0
        || !space.isMapped(guestAddress, Integer.BYTES)
        || !bytes.isReadable(guestAddress, Integer.BYTES, touch)) {
      throw new GuestAddressException(guestAddress, Integer.BYTES, false);
    }
    return bytes.readInt(guestAddress);
  }

  /**
   * Replaces a word that guest code itself could write.
   *
   * @return false if the word was another one than expected
   * @throws GuestAddressException if it is not mapped writable, not aligned, or there is no memory
   *     for it
   */
  public boolean replace(long guestAddress, int expected, int next) {
    prepareWrite(guestAddress, Integer.BYTES);
    return bytes.compareAndSetInt(guestAddress, expected, next);
  }

  /**
   * Writes a word that guest code itself could write.
   *
   * @throws GuestAddressException as {@link #replace}
   */
  public void write(long guestAddress, int value) {
    prepareWrite(guestAddress, Integer.BYTES);
    bytes.setInt(guestAddress, value);
  }

  /** Does the same with an aligned word of eight bytes. */
  public void write(long guestAddress, long value) {
    prepareWrite(guestAddress, Long.BYTES);
    bytes.setLong(guestAddress, value);
  }

  private void prepareWrite(long guestAddress, int size) {
    if ((guestAddress & size - 1) != 0 || !space.prepareWrite(guestAddress, size)) {
      throw new GuestAddressException(guestAddress, size, true);
    }
    sharing.own(guestAddress, guestAddress + size, true);
  }
}

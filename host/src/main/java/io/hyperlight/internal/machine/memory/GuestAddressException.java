package io.hyperlight.internal.machine.memory;

/**
 * A guest named memory that is not its own: the address and length do not lie within mapped user
 * memory.
 */
public final class GuestAddressException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GuestAddressException(long guestAddress, long sizeBytes, boolean write) {
    super(
        "%s bytes at 0x%x are not %s guest memory"
            .formatted(
                Long.toUnsignedString(sizeBytes), guestAddress, write ? "writable" : "mapped"));
  }
}

package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.mm.MappedArea;
import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/**
 * Finds the keys of futexes in the memory of one process: {@code get_futex_key} of the kernel.
 *
 * <p><b>Boundary.</b> Addresses are any values.
 */
public final class FutexKeys {
  private final AddressSpace space;
  private final Mappings mappings;

  public FutexKeys(Mappings mappings) {
    this.mappings = mappings;
    space = mappings.space();
  }

  /**
   * Returns the key of a futex.
   *
   * @param isPrivate whether the program has said that only one process uses it
   * @param write whether the word is going to be written
   * @throws FileException EINVAL if the address is not aligned, EFAULT if nothing can be there
   */
  FutexKey of(long address, boolean isPrivate, boolean write) {
    if ((address & 3) != 0) {
      throw new FileException(Errno.EINVAL);
    }
    if (address < 0 || address > AddressSpace.USER_END - Integer.BYTES) {
      throw new FileException(Errno.EFAULT);
    }
    if (isPrivate) {
      return new FutexKey(FutexKey.Kind.PRIVATE, null, address);
    }
    MappedArea area = mappings.sharedAt(address);
    // A private page that cannot be written cannot be identified: another one may replace it.
    if (!space.isAccessible(address, Integer.BYTES, write || area == null)) {
      throw new FileException(Errno.EFAULT);
    }
    return area == null
        ? new FutexKey(FutexKey.Kind.PRIVATE_MEMORY, null, address)
        : new FutexKey(FutexKey.Kind.SHARED, area.object(), area.offsetOf(address));
  }

  /** Returns the key of a futex whose memory may be gone. */
  FutexKey restored(long address, boolean isPrivate) {
    try {
      return of(address, isPrivate, false);
    } catch (FileException | GuestAddressException e) {
      return FutexKey.gone();
    }
  }
}

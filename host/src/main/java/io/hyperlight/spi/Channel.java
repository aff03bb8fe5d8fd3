package io.hyperlight.spi;

import java.io.IOException;

/**
 * Host code that answers what a guest reads and writes through one open file. Bytes from the guest
 * are hostile.
 *
 * <p>The methods are called on the thread that runs the guest, one at a time. They count as calls
 * of host functions, and so do their bytes. If the call is to end while a method waits, its thread
 * is interrupted.
 *
 * <p>An {@link IOException} fails the guest's system call. A {@link
 * io.hyperlight.error.GuestStreamException} sets the error number; for any other it is EIO. Any
 * other exception ends the guest's call, as if a host function had failed and the guest had
 * aborted.
 */
public interface Channel {
  /**
   * Returns the next bytes for the guest.
   *
   * @param maxBytes the largest number of bytes that the guest takes; positive
   * @return 1 to {@code maxBytes} bytes; empty at the end of the file
   * @throws IOException if there are no bytes for another reason than the end of the file
   */
  byte[] read(int maxBytes) throws IOException;

  /**
   * Takes all of the given bytes from the guest.
   *
   * @param bytes a copy; not empty
   * @throws IOException if they cannot be taken
   */
  void write(byte[] bytes) throws IOException;
}

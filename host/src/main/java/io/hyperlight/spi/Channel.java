package io.hyperlight.spi;

import java.io.IOException;

/**
 * Host code that answers what a guest reads and writes through one open file. What comes from the
 * guest is hostile.
 *
 * <p>The methods are called on the thread that runs the guest, one at a time. They count as calls
 * of host functions, and their bytes as bytes of those. A thread that waits in one is interrupted
 * when the call is to end.
 *
 * <p>An {@link IOException} fails the guest's system call: with the number of a {@link
 * io.hyperlight.error.GuestStreamException}, else with EIO. Any other exception ends the guest's
 * call, like one of a host function that the guest gives up over.
 */
public interface Channel {
  /**
   * Gives the guest its next bytes.
   *
   * @param maxBytes how many it takes; positive
   * @return one to so many bytes; none at the end of the file
   * @throws IOException if there are none, and it is not the end
   */
  byte[] read(int maxBytes) throws IOException;

  /**
   * Takes bytes of the guest, all of them.
   *
   * @param bytes a copy; not empty
   * @throws IOException if they cannot be taken
   */
  void write(byte[] bytes) throws IOException;
}

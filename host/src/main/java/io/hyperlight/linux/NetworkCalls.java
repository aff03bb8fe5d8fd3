package io.hyperlight.linux;

import io.hyperlight.os.Errno;

/** The network, which there is none of. */
final class NetworkCalls {
  private NetworkCalls() {}

  static void register(SystemCallTable table) {
    table.refuse(41, Errno.EACCES, Need.NETWORK); // socket
    table.refuse(53, Errno.EACCES, Need.NETWORK); // socketpair
    // Whatever takes a socket: connect, accept, sendto, recvfrom, ...
    for (int number :
        new int[] {42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 288, 299, 307}) {
      table.on(number, (guest, a, b, c, d, e, f) -> noSocket(guest, a));
    }
  }

  private static long noSocket(SystemCalls guest, long descriptor) {
    guest.files().descriptors().get(descriptor);
    return -Errno.ENOTSOCK;
  }
}

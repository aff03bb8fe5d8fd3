package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;

/** The network, which there is none of. */
final class NetworkCalls {
  private static final int AF_UNIX = 1;

  private NetworkCalls() {}

  static void register(SystemCallTable table) {
    table.on(41, (guest, a, b, c, d, e, f) -> socket(guest, 41, a));
    table.on(53, (guest, a, b, c, d, e, f) -> socket(guest, 53, a)); // socketpair
    // Whatever takes a socket: connect, accept, sendto, recvfrom, ...
    for (int number :
        new int[] {42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 288, 299, 307}) {
      table.on(number, (guest, a, b, c, d, e, f) -> noSocket(guest, a));
    }
  }

  /** Local ones are for daemons that programs do without: name services, logs. */
  private static long socket(SystemCalls guest, int number, long family) {
    guest.refused(number);
    if (number != 41 || (int) family != AF_UNIX) {
      guest.needs(Need.NETWORK, number);
    }
    return -Errno.EACCES;
  }

  private static long noSocket(SystemCalls guest, long descriptor) {
    guest.files().descriptors().get(descriptor);
    return -Errno.ENOTSOCK;
  }
}

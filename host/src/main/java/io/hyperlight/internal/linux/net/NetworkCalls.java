package io.hyperlight.internal.linux.net;

import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.os.Errno;

/** Refuses the system calls of the network: there is none. */
public final class NetworkCalls {
  private static final int AF_UNIX = 1;

  private final Refusals refusals;

  public NetworkCalls(Refusals refusals) {
    this.refusals = refusals;
  }

  /**
   * Refuses a socket. Local sockets are not counted as a need: programs use them for services that
   * they can do without, such as name services and logs.
   */
  public long socket(int family) {
    refusals.count("socket");
    if (family != AF_UNIX) {
      refusals.need(Need.NETWORK, "socket");
    }
    return -Errno.EACCES;
  }
}

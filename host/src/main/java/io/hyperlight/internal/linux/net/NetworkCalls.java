package io.hyperlight.internal.linux.net;

import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.os.Errno;

/** The network, which there is none of. */
public final class NetworkCalls {
  private static final int AF_UNIX = 1;

  private final Descriptors descriptors;
  private final Refusals refusals;

  public NetworkCalls(Descriptors descriptors, Refusals refusals) {
    this.descriptors = descriptors;
    this.refusals = refusals;
  }

  /** Local ones are for daemons that programs do without: name services, logs. */
  public long socket(int family) {
    refusals.count("socket");
    if (family != AF_UNIX) {
      refusals.need(Need.NETWORK, "socket");
    }
    return -Errno.EACCES;
  }

  /** Whatever takes a socket: {@code connect(2)}, {@code accept(2)}, ... */
  public long ofSocket(int descriptor) {
    descriptors.get(descriptor);
    return -Errno.ENOTSOCK;
  }
}

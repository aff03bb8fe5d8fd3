package io.hyperlight.internal.linux.fd;

/** Holds the events of {@code poll(2)} and {@code epoll(7)}. */
final class PollEvents {
  static final int POLLIN = 1;
  static final int POLLPRI = 2;
  static final int POLLOUT = 4;
  static final int POLLERR = 8;
  static final int POLLHUP = 0x10;
  static final int POLLRDNORM = 0x40;
  static final int POLLRDBAND = 0x80;
  static final int POLLWRNORM = 0x100;
  static final int POLLWRBAND = 0x200;
  static final int POLLRDHUP = 0x2000;

  private PollEvents() {}
}

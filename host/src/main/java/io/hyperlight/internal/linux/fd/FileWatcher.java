package io.hyperlight.internal.linux.fd;

/** Watches an open file although it has no descriptor of it: an entry of {@code epoll(7)}. */
interface FileWatcher {
  /** Stops watching, because the file's last descriptor is closed. */
  void forget();

  /** Returns the file to which the entry belongs. */
  OpenFile owner();
}

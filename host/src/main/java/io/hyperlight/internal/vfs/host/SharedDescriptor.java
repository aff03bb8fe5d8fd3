package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.HostDescriptors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A host descriptor with several holders. The last one to release it closes it. For many threads.
 */
final class SharedDescriptor {
  private final int number;
  private final AtomicInteger holders = new AtomicInteger(1);

  /** Shares a descriptor that the caller has just opened. The caller is the first holder. */
  SharedDescriptor(int number) {
    this.number = number;
  }

  /** Returns the descriptor's number, which is valid while the caller is a holder. */
  int number() {
    return number;
  }

  /** Adds a holder. The caller is a holder, or acts for one. */
  SharedDescriptor retain() {
    if (holders.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
      throw new IllegalStateException("closed");
    }
    return this;
  }

  /** Removes a holder. Each holder calls this once. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      HostDescriptors.close(number);
    }
  }
}

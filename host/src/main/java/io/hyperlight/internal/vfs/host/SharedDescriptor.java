package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.HostDescriptors;
import java.util.concurrent.atomic.AtomicInteger;

/** A descriptor of the host's that several have; the last one closes it. For many threads. */
final class SharedDescriptor {
  private final int number;
  private final AtomicInteger holders = new AtomicInteger(1);

  /** Of one holder, who has just opened it. */
  SharedDescriptor(int number) {
    this.number = number;
  }

  /** Valid as long as the caller holds it. */
  int number() {
    return number;
  }

  /** For one more holder, on behalf of one who has it. */
  SharedDescriptor retain() {
    if (holders.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
      throw new IllegalStateException("closed");
    }
    return this;
  }

  /** Once for each holder. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      HostDescriptors.close(number);
    }
  }
}

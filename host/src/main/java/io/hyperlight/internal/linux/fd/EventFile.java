package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A counter on which tasks wait: {@code eventfd(2)}. */
final class EventFile extends AnonymousFile {
  /** The largest count, unsigned. Only the kernel itself could exceed it. */
  private static final long MAXIMUM = -2;

  private final Readiness readiness = new Readiness();
  private final boolean semaphore;
  private final int number;
  private long count;

  /**
   * Creates a counter.
   *
   * @param count unsigned
   * @param semaphore whether a read takes 1, not all
   * @param number unique among the counters
   */
  EventFile(Changes changes, int flags, long count, boolean semaphore, int number) {
    super(changes, flags, "[eventfd]");
    this.count = count;
    this.semaphore = semaphore;
    this.number = number;
  }

  @Override
  public String information() {
    return "eventfd-count: %16x\neventfd-id: %d\neventfd-semaphore: %d\n"
        .formatted(count, number, semaphore ? 1 : 0);
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Event(flags(), count, semaphore, number);
  }

  private static ByteBuffer number(byte[] bytes) {
    if (bytes.length < Long.BYTES) {
      throw new FileException(Errno.EINVAL);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  int read(Caller caller, byte[] target) {
    ByteBuffer result = number(target);
    if (count == 0) {
      throw block(caller, "waits for an event (read)", readiness.input());
    }
    changes();
    long taken = semaphore ? 1 : count;
    count -= taken;
    result.putLong(taken);
    readiness.output().changed();
    return Long.BYTES;
  }

  @Override
  boolean isEmpty() {
    return count == 0;
  }

  @Override
  int write(Caller caller, byte[] source) {
    long added = number(source).getLong();
    if (added == -1 || source.length != Long.BYTES) {
      throw new FileException(Errno.EINVAL);
    }
    if (Long.compareUnsigned(added, MAXIMUM - count) > 0) {
      throw block(caller, "waits until a counter of events is read (write)", readiness.output());
    }
    changes();
    count += added;
    readiness.input().changed();
    return Long.BYTES;
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  @Override
  int ready(Caller caller) {
    return (count == 0 ? 0 : POLLIN) | (count == MAXIMUM ? 0 : POLLOUT);
  }
}

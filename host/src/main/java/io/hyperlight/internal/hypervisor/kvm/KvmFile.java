package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostIoctl;
import io.hyperlight.internal.os.Posix;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A descriptor that takes KVM ioctls. It is closed once. */
abstract class KvmFile implements AutoCloseable {
  final int fd;
  private boolean closed;

  KvmFile(int fd) {
    this.fd = fd;
  }

  /**
   * Calls an ioctl off the hot path, and repeats it when a signal interrupts it. Making a VM takes
   * locks, any signal ends the wait for them, and a JVM has signals of its own.
   *
   * @return its result, zero or positive
   * @throws KvmException if it fails
   */
  final int ioctl(Ioctl ioctl, long argument) {
    try (Arena arena = Arena.ofConfined()) {
      return ioctl(arena, ioctl, argument);
    }
  }

  /**
   * Calls an ioctl whose argument is a structure.
   *
   * @param arena that ends after the call
   */
  final int ioctl(Arena arena, Ioctl ioctl, MemorySegment argument) {
    return ioctl(arena, ioctl, argument.address());
  }

  private int ioctl(Arena arena, Ioctl ioctl, long argument) {
    MemorySegment errno = Posix.allocateErrno(arena);
    int result;
    do {
      result = HostIoctl.ioctl(errno, fd, ioctl.request, argument);
    } while (result < 0 && Posix.errno(errno) == Errno.EINTR);
    if (result < 0) {
      throw new KvmException(ioctl, Posix.errno(errno));
    }
    return result;
  }

  /**
   * Calls an ioctl that makes a descriptor.
   *
   * @return the descriptor
   * @throws KvmException if it fails
   */
  final int create(Ioctl ioctl, long argument) {
    StackRoom.require();
    return ioctl(ioctl, argument);
  }

  /** Closes the descriptor. A second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      try {
        HostDescriptors.close(fd);
      } catch (SystemCallException e) {
        // The descriptor was not ours, so a second try must not close it.
        closed = true;
        throw e;
      }
      // Not set earlier: an error of the JVM may come before the close, and a second try can then
      // succeed.
      closed = true;
    }
  }
}

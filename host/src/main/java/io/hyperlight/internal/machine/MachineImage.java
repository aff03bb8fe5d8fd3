package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.memory.Mapping;
import io.hyperlight.internal.machine.memory.MemoryImage;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import io.hyperlight.internal.machine.x86.StoppedState;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.UserState;
import io.hyperlight.internal.os.StackRoom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine, frozen at rest between two calls or at a system call: its memory, and all that is
 * known of it outside of its memory. Immutable, safe for use by many threads.
 *
 * <p>Counted, as {@link MemoryImage} is: machines that came from it keep it alive.
 */
public final class MachineImage implements AutoCloseable {
  private final Platform platform;
  private final SystemCallEntry entry;
  private final MemoryImage memory;
  private final long memorySizeBytes;
  private final MemoryLayout layout;
  private final UserState userState;
  private final long xcr0;
  private final @Nullable GuestProcessor processor;
  private final @Nullable StoppedState stopped;
  private boolean closed;

  /**
   * Where things are that the host needs to know of.
   *
   * @param exceptionStackTop the physical address
   * @param addressSpaces what each has mapped
   * @param current the index of the one that the context runs in
   * @param frame the virtual address of the call frame
   */
  record MemoryLayout(
      long exceptionStackTop, List<List<Mapping>> addressSpaces, int current, long frame) {}

  /**
   * Takes over the caller's use of the memory image.
   *
   * @param platform where the machines run that come from it
   * @param xcr0 the state components that the guest can use
   * @param processor what it has seen; null for this machine's
   * @param stopped null if it rests between two calls
   */
  MachineImage(
      Platform platform,
      SystemCallEntry entry,
      MemoryImage memory,
      long memorySizeBytes,
      MemoryLayout layout,
      UserState userState,
      long xcr0,
      @Nullable GuestProcessor processor,
      @Nullable StoppedState stopped) {
    this.platform = platform;
    this.entry = entry;
    this.memory = memory;
    this.memorySizeBytes = memorySizeBytes;
    this.layout = layout;
    this.userState = userState;
    this.xcr0 = xcr0;
    this.processor = processor;
    this.stopped = stopped;
  }

  /** Where machines that come from it run. */
  Platform platform() {
    return platform;
  }

  SystemCallEntry entry() {
    return entry;
  }

  MemoryImage memory() {
    return memory;
  }

  MemoryLayout layout() {
    return layout;
  }

  /** What there is of the processor's state, besides memory. */
  public UserState userState() {
    return userState;
  }

  long xcr0() {
    return xcr0;
  }

  /** Whether machines that come from it stand at a system call that has not been answered. */
  public boolean isAtSystemCall() {
    return stopped != null;
  }

  /** Where user code goes on that was stopped in the middle; null between two calls. */
  @Nullable StoppedState stopped() {
    return stopped;
  }

  /**
   * The processor that its guest has seen.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  public GuestProcessor processor() {
    return processor != null
        ? processor
        : new GuestProcessor(platform.guestProcessor().features(), xcr0);
  }

  /** The guest-physical memory of machines that come from it, in bytes. */
  public long memorySizeBytes() {
    return memorySizeBytes;
  }

  /** How much of it is not zeros, in bytes: what all machines that come from it share. */
  public long contentBytes() {
    return memory.presentPages() * PhysicalMemory.PAGE_SIZE;
  }

  /**
   * Counts another user of the memory.
   *
   * @throws ImageClosedException if it is closed
   */
  synchronized MemoryImage retainMemory() {
    StackRoom.require();
    if (closed) {
      throw new ImageClosedException();
    }
    memory.retain();
    return memory;
  }

  /** Whether nothing can be made from it any more. */
  public synchronized boolean isClosed() {
    return closed;
  }

  /** Gives the memory up; it stays as long as machines use it. A second call does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      memory.release();
    }
  }
}

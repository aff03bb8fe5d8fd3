package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.memory.Mapping;
import io.hyperlight.internal.machine.memory.MemoryImage;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.GuestProcessor;
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
  private final Architecture kind;
  private final MemoryImage memory;
  private final long memorySizeBytes;
  private final MemoryLayout layout;
  private final RestingState userState;
  private final long components;
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
   * @param kind what the processors are made of in machines that come from it
   * @param components the state components that the guest can use
   * @param processor what it has seen; null for whatever the platform's is
   * @param stopped null if it rests between two calls
   */
  MachineImage(
      Architecture kind,
      MemoryImage memory,
      long memorySizeBytes,
      MemoryLayout layout,
      RestingState userState,
      long components,
      @Nullable GuestProcessor processor,
      @Nullable StoppedState stopped) {
    this.kind = kind;
    this.memory = memory;
    this.memorySizeBytes = memorySizeBytes;
    this.layout = layout;
    this.userState = userState;
    this.components = components;
    this.processor = processor;
    this.stopped = stopped;
  }

  /** What the processors are made of in machines that come from it. */
  Architecture kind() {
    return kind;
  }

  MemoryImage memory() {
    return memory;
  }

  MemoryLayout layout() {
    return layout;
  }

  /** What there is of the processor's state, besides memory. */
  public RestingState userState() {
    return userState;
  }

  /** The state components that the guest can use. */
  long components() {
    return components;
  }

  /** Whether machines that come from it stand at a system call that has not been answered. */
  public boolean isAtSystemCall() {
    return stopped != null;
  }

  /** Where user code goes on that was stopped in the middle; null between two calls. */
  @Nullable StoppedState stopped() {
    return stopped;
  }

  /** The processor that its guest has seen; null if it was the platform's. */
  @Nullable GuestProcessor processor() {
    return processor;
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

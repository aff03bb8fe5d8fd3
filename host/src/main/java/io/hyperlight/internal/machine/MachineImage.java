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
 * A frozen machine: its memory, and its other state that the host knows. It rests between two calls
 * or at a system call, or its contexts were stopped anywhere. Immutable. Many threads may use it at
 * the same time.
 *
 * <p>Its memory is counted, as {@link MemoryImage} says: machines that were spawned from it keep
 * the memory alive.
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
  private final ContextImages contexts;
  private boolean closed;

  /**
   * The places that the host needs to know.
   *
   * @param exceptionStackTop a guest-physical address
   * @param addressSpaces the mappings of each address space
   * @param current the index of the address space in which the context runs
   * @param frame the guest-virtual address of the call frame
   */
  record MemoryLayout(
      long exceptionStackTop, List<List<Mapping>> addressSpaces, int current, long frame) {}

  /**
   * Makes an image. It takes over the caller's use of the memory image.
   *
   * @param kind makes the processors of machines that are spawned from it
   * @param components the state components that the guest can use
   * @param processor that the guest has seen; null for that of the platform
   * @param stopped null if it rests between two calls, or has several contexts
   * @param contexts if it has several
   */
  MachineImage(
      Architecture kind,
      MemoryImage memory,
      long memorySizeBytes,
      MemoryLayout layout,
      RestingState userState,
      long components,
      @Nullable GuestProcessor processor,
      @Nullable StoppedState stopped,
      ContextImages contexts) {
    this.kind = kind;
    this.memory = memory;
    this.memorySizeBytes = memorySizeBytes;
    this.layout = layout;
    this.userState = userState;
    this.components = components;
    this.processor = processor;
    this.stopped = stopped;
    this.contexts = contexts;
  }

  /** Returns what makes the processors of machines that are spawned from it. */
  Architecture kind() {
    return kind;
  }

  MemoryImage memory() {
    return memory;
  }

  MemoryLayout layout() {
    return layout;
  }

  /** Returns the processor's state that is not in memory. */
  public RestingState userState() {
    return userState;
  }

  /** Returns the state components that the guest can use. */
  long components() {
    return components;
  }

  /**
   * Returns whether machines that are spawned from it stand at a system call that has not been
   * answered.
   */
  public boolean isAtSystemCall() {
    return contexts.isEmpty()
        ? stopped != null
        : contexts.main().place() == ContextImage.Place.AT_CALL;
  }

  /** Returns where the main context stands. */
  ContextImage.Place mainPlace() {
    if (!contexts.isEmpty()) {
      return contexts.main().place();
    }
    return stopped == null ? ContextImage.Place.AT_REST : ContextImage.Place.AT_CALL;
  }

  /** Returns its contexts if it has several. */
  ContextImages contexts() {
    return contexts;
  }

  /** Returns whether it has, or has had, more than one context. */
  public boolean hasSeveralContexts() {
    return !contexts.isEmpty();
  }

  /** Returns where user code goes on that was stopped in the middle, or null between two calls. */
  @Nullable StoppedState stopped() {
    return stopped;
  }

  /** Returns the processor that its guest has seen, or null if it was that of the platform. */
  @Nullable GuestProcessor processor() {
    return processor;
  }

  /**
   * Returns the size of the guest-physical memory of machines that are spawned from it, in bytes.
   */
  public long memorySizeBytes() {
    return memorySizeBytes;
  }

  /**
   * Returns the size of its pages that are not zeros, in bytes. All machines that are spawned from
   * it share these.
   */
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

  /** Returns whether it is closed, so that no machine can be spawned from it any more. */
  public synchronized boolean isClosed() {
    return closed;
  }

  /** Releases the memory, which stays as long as machines use it. A second call does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      memory.release();
    }
  }
}

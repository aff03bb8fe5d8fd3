package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.AddressSpaces;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import io.hyperlight.internal.machine.x86.UserState;
import io.hyperlight.internal.os.Checkpoint;

/**
 * Makes an image of a machine that never was: monitor, page tables and gate are the host's own and
 * those of this machine, whoever says what is in the user pages. Needs no VM. For one thread.
 */
public final class MachineImageBuilder implements AutoCloseable {
  /**
   * Mapping takes page tables into account that may exist already. What was mapped piece by piece
   * once, up to the last page, has to fit when it is mapped as a whole.
   */
  private static final long SLACK = 64L * PAGE_SIZE;

  private final Architecture kind;
  private final long memorySizeBytes;
  private final PhysicalMemory memory;
  private final long exceptionStackTop;
  private final AddressSpaces addressSpaces;
  private long frame;

  /**
   * Starts with empty user memory.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws GuestMemoryExhaustedException if it does not even hold the monitor
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for it
   */
  MachineImageBuilder(Architecture kind, long memorySizeBytes) {
    this.kind = kind;
    this.memorySizeBytes = memorySizeBytes;
    memory = new PhysicalMemory(memorySizeBytes + SLACK);
    try {
      addressSpaces = new AddressSpaces(memory, Checkpoint.NONE);
      exceptionStackTop = kind.installMonitor(memory, addressSpaces.first().tables());
    } catch (Throwable t) {
      memory.close();
      throw t;
    }
  }

  /** The user memory, to be mapped and filled. */
  public AddressSpace addressSpace() {
    return addressSpaces.first();
  }

  /**
   * Maps gate and information page.
   *
   * @param frameAddress where the call frame is, within one mapped writable page
   */
  public void installGate(long frameAddress) {
    kind.installGate(addressSpace(), frameAddress);
    frame = frameAddress;
  }

  /**
   * Finishes the image, once everything is in it.
   *
   * @param state must be {@linkplain UserState#isPossible possible}
   * @param processor what the guest has seen, all of which this machine has
   * @return the image, which the caller closes
   * @throws GuestMemoryExhaustedException if it all does not fit into the memory
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public MachineImage finish(UserState state, GuestProcessor processor) {
    if (!state.isPossible()) {
      throw new IllegalArgumentException(state.toString());
    }
    if (memory.usedBytes() > memorySizeBytes) {
      throw new GuestMemoryExhaustedException(memory.usedBytes(), memorySizeBytes, memorySizeBytes);
    }
    state.putInto(addressSpace());
    MachineImage.MemoryLayout layout =
        new MachineImage.MemoryLayout(exceptionStackTop, addressSpaces.mappings(), 0, frame);
    return new MachineImage( // which is made before the memory is frozen
        kind,
        memory.freeze(addressSpaces.roots(), memorySizeBytes),
        memorySizeBytes,
        layout,
        state,
        processor.xcr0(),
        processor,
        null);
  }

  /** Frees the memory that it was built in; a finished image has its own. */
  @Override
  public void close() {
    memory.close();
  }
}

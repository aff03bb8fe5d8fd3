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
 * Makes an image of a machine that never ran. The monitor, the page tables and the gate are those
 * of this machine and made by the host. Only the contents of the user pages come from the caller.
 * It needs no VM. It is for one thread.
 */
public final class MachineImageBuilder implements AutoCloseable {
  /**
   * Additional room for page tables. A mapping reserves room for page tables that may exist
   * already. So a mapping that once filled the memory piece by piece needs more room when it is
   * made as a whole.
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
   * @param memorySizeBytes size of the whole guest-physical memory, a multiple of the page size
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

  /** Returns the user memory, which the caller maps and fills. */
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
   * @param processor that the guest has seen; this machine has all of its features
   * @return the image, which the caller closes
   * @throws GuestMemoryExhaustedException if the contents do not fit into the memory
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
    // Java allocates this object before the memory is frozen, so a full heap cannot leak the frozen
    // memory.
    return new MachineImage(
        kind,
        memory.freeze(addressSpaces.roots(), memorySizeBytes),
        memorySizeBytes,
        layout,
        state,
        processor.xcr0(),
        processor,
        null,
        ContextImages.NONE);
  }

  /** Frees the memory in which the image was built. A finished image has its own memory. */
  @Override
  public void close() {
    memory.close();
  }
}

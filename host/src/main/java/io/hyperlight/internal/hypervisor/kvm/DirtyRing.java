package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The dirty ring of a vCPU ({@code KVM_CAP_DIRTY_LOG_RING}). It is an array shared with the kernel,
 * which adds an entry when the guest writes a page for the first time. Reading new entries takes no
 * system call.
 *
 * <p>An entry belongs to the kernel until its flag says dirty. Then it belongs to the host, until
 * the host flags it as reset and tells the kernel. The kernel takes entries back in order and stops
 * at the first one without the flag. So the host returns all of them together.
 */
final class DirtyRing implements DirtyTracker {
  /** The number of entries. They take 64 KiB of kernel memory for each vCPU. */
  static final int ENTRIES = 4096;

  static final int DIRTY = 1;
  static final int RESET = 2;

  /** The offset of the ring in a vCPU's descriptor, in pages. */
  static final int PAGE_OFFSET = 64;

  private static final int ENTRY_SIZE = (int) Structs.KVM_DIRTY_GFN.byteSize();
  private static final long OFFSET = Structs.offset(Structs.KVM_DIRTY_GFN, "offset");

  /**
   * The number of collected entries at which the ring is due for a rearm. It is far below the size
   * of the ring, since the kernel keeps up to 576 entries for what a processor has buffered.
   */
  private static final int MAX_HELD = ENTRIES / 2;

  private static final VarHandle FLAGS = ValueLayout.JAVA_INT.varHandle();

  private final KvmFile vm;
  private final MemorySegment ring;
  private boolean closed;

  /** Counts of entries since the start: collected, and returned to the kernel. */
  private int collected;

  private int returned;

  DirtyRing(KvmFile vm, int vcpu) {
    this.vm = vm;
    ring =
        HostMemory.mmap(
            0,
            sizeBytes(),
            HostMemory.PROT_READ | HostMemory.PROT_WRITE,
            HostMemory.MAP_SHARED,
            vcpu,
            PAGE_OFFSET * 4096L);
    try {
      HostMemory.keepOutOfDumps(ring);
    } catch (Throwable t) {
      HostMemory.munmap(ring);
      throw t;
    }
  }

  /** Returns the size of the ring in bytes, which the kernel has to allow. */
  static int sizeBytes() {
    return ENTRIES * ENTRY_SIZE;
  }

  private static long at(int index) {
    return (long) (index & (ENTRIES - 1)) * ENTRY_SIZE;
  }

  @Override
  public void collect(PageSet pages) {
    while (collected - returned < ENTRIES) {
      long at = at(collected);
      // The acquire makes visible what the kernel wrote before it set the flag.
      if (((int) FLAGS.getAcquire(ring, at) & DIRTY) == 0) {
        return;
      }
      pages.add(ring.get(ValueLayout.JAVA_LONG, at + OFFSET));
      collected++;
    }
  }

  @Override
  public boolean needsRearming() {
    return collected - returned >= MAX_HELD;
  }

  @Override
  public void rearm() {
    if (returned == collected) {
      return;
    }
    for (; returned != collected; returned++) {
      FLAGS.setRelease(ring, at(returned), RESET);
    }
    vm.ioctl(Ioctl.KVM_RESET_DIRTY_RINGS, 0);
  }

  @Override
  public void close() {
    if (!closed) {
      HostMemory.munmap(ring);
      closed = true;
    }
  }
}

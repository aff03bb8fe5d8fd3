package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The dirty log of a memory slot ({@code KVM_GET_DIRTY_LOG}): a bitmap of the pages written since
 * they were last cleared ({@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2}). For kernels without the dirty
 * ring.
 */
final class DirtyLog implements DirtyTracker {
  private static final int WORD_BITS = Long.SIZE;

  private final KvmVm vm;
  private final int slot;
  private final int pages;
  private final MemorySegment bitmap;

  DirtyLog(KvmVm vm, int slot, long sizeBytes) {
    this.vm = vm;
    this.slot = slot;
    pages = Math.toIntExact(sizeBytes / 4096);
    bitmap = Arena.ofAuto().allocate(((long) pages + WORD_BITS - 1) / WORD_BITS * Long.BYTES, 8);
  }

  @Override
  public void collect(PageSet set) {
    vm.getDirtyLog(slot, bitmap);
    for (long at = 0; at < bitmap.byteSize(); at += Long.BYTES) {
      for (long word = bitmap.get(ValueLayout.JAVA_LONG, at); word != 0; word &= word - 1) {
        set.add(at * 8 + Long.numberOfTrailingZeros(word));
      }
    }
  }

  @Override
  public boolean needsRearming() {
    return false;
  }

  @Override
  public void rearm() {
    // The bits of the last collect: no other page loses its mark.
    vm.clearDirtyLog(slot, pages, bitmap);
  }

  /** There is nothing to give back: the log belongs to the slot. */
  @Override
  public void close() {}
}

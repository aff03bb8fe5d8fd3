package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The dirty log of a memory slot ({@code KVM_GET_DIRTY_LOG}): a bitmap of the pages written since
 * they were last cleared ({@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2}). It is for kernels without the
 * dirty ring.
 */
final class DirtyLog implements DirtyTracker {
  private static final int WORD_BITS = Long.SIZE;

  private final KvmFile vm;
  private final int slot;
  private final int pages;
  private final MemorySegment bitmap;

  DirtyLog(KvmFile vm, int slot, long sizeBytes) {
    this.vm = vm;
    this.slot = slot;
    pages = Math.toIntExact(sizeBytes / 4096);
    bitmap = Arena.ofAuto().allocate(((long) pages + WORD_BITS - 1) / WORD_BITS * Long.BYTES, 8);
  }

  @Override
  public void collect(PageSet set) {
    getDirtyLog();
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
    // This clears the bits of the last collect only. No other page loses its mark.
    clearDirtyLog();
  }

  /** {@code KVM_GET_DIRTY_LOG}. */
  private void getDirtyLog() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_DIRTY_LOG);
      struct.set(ValueLayout.JAVA_INT, 0, slot);
      struct.set(
          ValueLayout.JAVA_LONG,
          Structs.offset(Structs.KVM_DIRTY_LOG, "dirty_bitmap"),
          bitmap.address());
      vm.ioctl(arena, Ioctl.KVM_GET_DIRTY_LOG, struct);
    }
  }

  /** {@code KVM_CLEAR_DIRTY_LOG} of the whole slot, for the pages whose bits are set. */
  private void clearDirtyLog() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_CLEAR_DIRTY_LOG);
      struct.set(ValueLayout.JAVA_INT, 0, slot);
      struct.set(
          ValueLayout.JAVA_INT, Structs.offset(Structs.KVM_CLEAR_DIRTY_LOG, "num_pages"), pages);
      struct.set(
          ValueLayout.JAVA_LONG,
          Structs.offset(Structs.KVM_CLEAR_DIRTY_LOG, "dirty_bitmap"),
          bitmap.address());
      vm.ioctl(arena, Ioctl.KVM_CLEAR_DIRTY_LOG, struct);
    }
  }

  /** Does nothing: the log belongs to the slot. */
  @Override
  public void close() {}
}

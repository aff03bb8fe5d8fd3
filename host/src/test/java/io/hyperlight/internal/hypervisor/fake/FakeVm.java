package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.os.Errno;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A virtual machine of a {@link FakeHypervisor}. */
final class FakeVm implements X86VirtualMachine {
  private static final int PAGE = 4096;
  private static final int MAX_CPUS = 4096;

  /** A piece of memory. */
  private record Piece(long start, MemorySegment memory) {
    long end() {
      return start + memory.byteSize();
    }
  }

  private final FakeHypervisor hypervisor;
  private final Recording.Cpu recorded;
  private final DirtyTracking tracking;
  private final List<Piece> pieces = new ArrayList<>();
  private @Nullable FakeCpu cpu;
  private boolean closed;

  FakeVm(FakeHypervisor hypervisor, Recording.Cpu recorded, DirtyTracking tracking) {
    this.hypervisor = hypervisor;
    this.recorded = recorded;
    this.tracking = tracking;
    hypervisor.opened();
  }

  private void check(String call) {
    if (closed) {
      throw new FakeCallException(call, Errno.EBADF);
    }
  }

  private void requireStopped() {
    if (cpu != null && cpu.isRunning()) {
      throw new IllegalStateException("the CPU runs");
    }
  }

  @Override
  public void addMemory(long guestPhysicalAddress, MemorySegment memory, boolean tracked) {
    check("addMemory");
    if (guestPhysicalAddress % PAGE != 0
        || memory.address() % PAGE != 0
        || memory.byteSize() % PAGE != 0
        || memory.byteSize() == 0) {
      throw new FakeCallException("addMemory", Errno.EINVAL);
    }
    Piece piece = new Piece(guestPhysicalAddress, memory);
    for (Piece other : pieces) {
      if (piece.start < other.end() && other.start < piece.end()) {
        throw new FakeCallException("addMemory", Errno.EEXIST);
      }
    }
    pieces.add(piece);
  }

  @Override
  public void removeMemory(long guestPhysicalAddress) {
    check("removeMemory");
    requireStopped();
    if (!pieces.removeIf(piece -> piece.start == guestPhysicalAddress)) {
      throw new IllegalArgumentException(
          "no memory starts at 0x%x".formatted(guestPhysicalAddress));
    }
  }

  @Override
  public void forgetTranslations(long guestPhysicalAddress, long sizeBytes) {
    requireStopped();
    at(guestPhysicalAddress, sizeBytes);
  }

  @Override
  public void forgetTables() {
    check("forgetTables");
    requireStopped();
  }

  /** Returns memory as the guest sees it. */
  private MemorySegment at(long guestPhysicalAddress, long sizeBytes) {
    for (Piece piece : pieces) {
      if (guestPhysicalAddress >= piece.start && guestPhysicalAddress + sizeBytes <= piece.end()) {
        return piece.memory.asSlice(guestPhysicalAddress - piece.start, sizeBytes);
      }
    }
    throw new IllegalArgumentException(
        "no memory has 0x%x bytes at 0x%x".formatted(sizeBytes, guestPhysicalAddress));
  }

  void write(long guestPhysicalAddress, byte[] bytes) {
    at(guestPhysicalAddress, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
  }

  @Override
  public FakeCpu createCpu(int id) {
    check("createCpu");
    if (id < 0 || id >= MAX_CPUS) {
      throw new FakeCallException("createCpu", Errno.EINVAL);
    }
    if (cpu != null) {
      throw new FakeCallException("createCpu", Errno.EEXIST);
    }
    FakeCpu created = new FakeCpu(hypervisor, this, recorded);
    cpu = created;
    return created;
  }

  @Override
  public DirtyTracker track(VirtualCpu writer) {
    if (tracking == DirtyTracking.NONE) {
      throw new IllegalStateException("this VM was made without tracking");
    }
    return new DirtyTracker() {
      @Override
      public void collect(PageSet pages) {
        requireStopped();
        Objects.requireNonNull(cpu).written().forEach(pages::add);
      }

      @Override
      public boolean needsRearming() {
        return false;
      }

      @Override
      public void rearm() {
        requireStopped();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() {
    if (cpu != null && !cpu.isClosed()) {
      throw new IllegalStateException("the CPU is open");
    }
    if (!closed) {
      closed = true;
      hypervisor.closed();
    }
  }
}

package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.VdsoPages;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.HostCounter;
import java.util.function.LongSupplier;

/**
 * The x86-64 processors of one hypervisor.
 *
 * @param hypervisor makes virtual machines
 * @param cpuid what CPUID shows to guests
 * @param features what matters of that here
 * @param entry where system calls go
 * @param protectionKeys whether guests can set protection keys, so that the gate has to reset them
 */
public record X86Architecture(
    X86Hypervisor hypervisor,
    Cpuid cpuid,
    CpuFeatures features,
    SystemCallEntry entry,
    boolean protectionKeys)
    implements Architecture {
  @Override
  public long gate() {
    return protectionKeys ? Gate.UNLOCK : Gate.ADDRESS;
  }

  @Override
  public X86Processor createProcessor(
      PhysicalMemory memory,
      PageTable root,
      long components,
      MachineOptions options,
      DirtyTracking tracking) {
    return X86Processor.create(this, memory, root, components, options, tracking);
  }

  @Override
  public long components() {
    return features.xcr0();
  }

  @Override
  public long installMonitor(PhysicalMemory memory, PageTables tables) {
    return Monitor.install(memory, tables, entry);
  }

  @Override
  public void installGate(AddressSpace space, long frame) {
    Gate.install(space, entry, frame);
  }

  @Override
  public void installVdso(AddressSpace space) {
    space.map(VdsoPages.NUMBERS, PhysicalMemory.PAGE_SIZE, Protection.READ);
    space.map(VdsoPages.OBJECT, PhysicalMemory.PAGE_SIZE, Protection.READ_EXECUTE);
    byte[] object = VdsoObject.bytes();
    space.initialise(VdsoPages.OBJECT, object, 0, object.length);
  }

  @Override
  public LongSupplier hostCounter() {
    TimeStampCounter.install();
    return HostCounter::read;
  }

  /** Guests that run directly on the processor read its counter, whatever their vCPU's MSR says. */
  @Override
  public boolean hasOneCounter() {
    return entry == SystemCallEntry.USER;
  }

  @Override
  public long saveArea(int number) {
    return ContextSwitchCode.AREAS + (long) number * PhysicalMemory.PAGE_SIZE;
  }

  @Override
  public int maximumContexts() {
    return ContextSwitchCode.MAXIMUM_CONTEXTS;
  }

  @Override
  public UserState initialState() {
    return UserState.INITIAL;
  }
}

package io.hyperlight.internal.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.machine.memory.Mapping;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.Gate;
import io.hyperlight.internal.machine.x86.X86Processor;
import io.hyperlight.internal.restore.RestoreOrder;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Breaks the parts of a restore one by one, to see whether a test notices. */
public final class Sabotage {
  private static final byte NOP = (byte) 0x90;

  private Sabotage() {}

  /** Returns the parts of a machine, in the order in which they are restored. */
  public static RestoreOrder<?, ?> restoreOrder() {
    return Vm.RESTORE_ORDER;
  }

  /**
   * Removes an instruction from the gate.
   *
   * @param code its first bytes in hexadecimal, which occur once in the gate
   * @param length of the whole instruction
   */
  public static void removeFromGate(Vm machine, String code, int length) {
    byte[] wanted = HexFormat.of().parseHex(code);
    byte[] gate = machine.addressSpace().read(Gate.ADDRESS, PhysicalMemory.PAGE_SIZE);
    int at = 0;
    while (!Arrays.equals(gate, at, at + wanted.length, wanted, 0, wanted.length)) {
      at++;
    }
    byte[] nops = new byte[length];
    Arrays.fill(nops, NOP);
    machine.addressSpace().initialise(Gate.ADDRESS + at, nops, 0, length);
  }

  /** Makes the tracker overlook what the guest writes to a page. */
  public static void overlook(Vm machine, long virtualAddress) {
    long overlooked = pageOf(machine, virtualAddress);
    DirtyTracker tracker = machine.tracker();
    machine
        .memory()
        .trackBy(
            new DirtyTracker() {
              @Override
              public void collect(PageSet pages) {
                tracker.collect(page -> {
                  if (page != overlooked) {
                    pages.add(page);
                  }
                });
              }

              @Override
              public boolean needsRearming() {
                return tracker.needsRearming();
              }

              @Override
              public void rearm() {
                tracker.rearm();
              }

              @Override
              public void close() {}
            });
  }

  private static long pageOf(Vm machine, long virtualAddress) {
    return machine.addressSpace().physicalOf(virtualAddress) / PhysicalMemory.PAGE_SIZE;
  }

  /**
   * Saves what a page holds now. The result writes it there again, as if a restore had not
   * happened.
   */
  public static Runnable keepPage(Vm machine, long virtualAddress) {
    MemorySegment page =
        machine
            .memory()
            .segment()
            .asSlice(
                pageOf(machine, virtualAddress) * PhysicalMemory.PAGE_SIZE,
                PhysicalMemory.PAGE_SIZE);
    byte[] contents = page.toArray(JAVA_BYTE);
    return () -> page.copyFrom(MemorySegment.ofArray(contents));
  }

  /** Does the same as {@link #keepPage} for the host's account of the address space. */
  public static Runnable keepMappings(Vm machine) {
    List<Mapping> mappings = machine.addressSpace().mappings();
    return () -> machine.addressSpace().restore(mappings);
  }

  /** Does the same as {@link #keepPage} for CR2. */
  public static Runnable keepFaultAddress(Vm machine) {
    long faultAddress = ((X86Processor) machine.processor()).vcpu().specialRegisters().cr2();
    return () -> {
      SpecialRegisters now = ((X86Processor) machine.processor()).vcpu().specialRegisters();
      ((X86Processor) machine.processor())
          .vcpu()
          .setSpecialRegisters(
              new SpecialRegisters(
                  now.cs(),
                  now.ds(),
                  now.es(),
                  now.fs(),
                  now.gs(),
                  now.ss(),
                  now.tr(),
                  now.ldt(),
                  now.gdt(),
                  now.idt(),
                  now.cr0(),
                  faultAddress,
                  now.cr3(),
                  now.cr4(),
                  now.cr8(),
                  now.efer(),
                  now.apicBase()));
    };
  }
}

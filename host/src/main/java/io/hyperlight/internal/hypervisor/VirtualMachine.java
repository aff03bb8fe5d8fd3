package io.hyperlight.internal.hypervisor;

import java.lang.foreign.MemorySegment;

/**
 * A virtual machine: guest-physical memory in pieces, and virtual CPUs. For one thread at a time;
 * what was made of it is closed before it.
 *
 * <p>The hypervisor, and the processor, keep what they have derived from page tables. They do not
 * see that the host writes tables, so whoever does so asks here to forget.
 */
public interface VirtualMachine extends AutoCloseable {
  /**
   * Makes host memory guest-physical memory. The guest may run. The mapping outlives the machine,
   * or is removed before; pages that the host takes out of it ({@code madvise}) leave the guest,
   * too.
   *
   * @param guestPhysicalAddress where the guest's processor sees it, a multiple of 4096
   * @param memory page-aligned, its size a multiple of 4096; it overlaps no other piece
   * @param tracked whether a {@link DirtyTracker} is to see what the guest writes
   * @throws HypervisorCallException if that is refused; nothing has changed then
   */
  void addMemory(long guestPhysicalAddress, MemorySegment memory, boolean tracked);

  /**
   * Takes memory away again, and forgets what was derived from it. No virtual CPU runs.
   *
   * @param guestPhysicalAddress where {@link #addMemory} has put it
   */
  void removeMemory(long guestPhysicalAddress);

  /**
   * Forgets how these pages were reached; what they contain stays. The entries of the page tables
   * that lead to them have changed. No virtual CPU runs.
   *
   * @param guestPhysicalAddress a multiple of 4096
   * @param sizeBytes a multiple of 4096, within one piece of memory
   */
  void forgetTranslations(long guestPhysicalAddress, long sizeBytes);

  /**
   * Forgets everything that was derived from page tables, those in removed memory included: any
   * page may become another table from here on. No virtual CPU runs. What a tracker has found and
   * nobody collected may be lost.
   */
  void forgetTables();

  /**
   * Makes a virtual CPU.
   *
   * @param id its number in the machine, from 0 on
   * @throws HypervisorCallException if that is refused
   */
  VirtualCpu createCpu(int id);

  /**
   * The tracker of writes to tracked memory, which is there already. To be closed before the
   * machine.
   *
   * @param cpu what writes
   * @throws IllegalStateException if the machine was made without tracking
   */
  DirtyTracker track(VirtualCpu cpu);

  @Override
  void close();
}

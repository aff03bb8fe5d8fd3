package io.hyperlight.internal.hypervisor;

import java.lang.foreign.MemorySegment;

/**
 * A virtual machine: guest-physical memory in pieces, and virtual CPUs. Only one thread at a time
 * may use it. Its CPUs and trackers are closed before it.
 *
 * <p>The hypervisor and the processor cache translations of page tables. They do not notice when
 * the host writes a table. After such a write the host has to call a method here that forgets them.
 */
public interface VirtualMachine extends AutoCloseable {
  /**
   * Makes host memory guest-physical memory. The guest may run. The host memory stays mapped until
   * the machine is closed, or until {@link #removeMemory}. Pages that the host takes out of it
   * ({@code madvise}) leave the guest, too.
   *
   * @param guestPhysicalAddress where the guest's processor sees it, a multiple of 4096
   * @param memory page-aligned, its size a multiple of 4096; it overlaps no other piece
   * @param tracked whether a {@link DirtyTracker} is to see what the guest writes
   * @throws HypervisorCallException if the hypervisor refuses; nothing has changed then
   */
  void addMemory(long guestPhysicalAddress, MemorySegment memory, boolean tracked);

  /**
   * Removes memory, and forgets the translations that lead to it. No virtual CPU may run.
   *
   * @param guestPhysicalAddress where {@link #addMemory} has put it
   */
  void removeMemory(long guestPhysicalAddress);

  /**
   * Forgets the translations that lead to these pages, after the entries of their page tables have
   * changed. The contents of the pages stay. No virtual CPU may run.
   *
   * @param guestPhysicalAddress a multiple of 4096
   * @param sizeBytes a multiple of 4096, within one piece of memory
   */
  void forgetTranslations(long guestPhysicalAddress, long sizeBytes);

  /**
   * Forgets all translations, those of removed memory included. Afterwards any page may become
   * another table. No virtual CPU may run. Pages that a tracker has found may be lost if they were
   * not collected.
   */
  void forgetTables();

  /**
   * Makes a virtual CPU.
   *
   * @param id its number in the machine, from 0 on
   * @throws HypervisorCallException if the hypervisor refuses
   */
  VirtualCpu createCpu(int id);

  /**
   * Returns the tracker of writes to tracked memory. The memory was added before. The caller closes
   * the tracker before the machine.
   *
   * @param cpu whose writes it finds
   * @throws IllegalStateException if the machine was made without tracking
   */
  DirtyTracker track(VirtualCpu cpu);

  @Override
  void close();
}

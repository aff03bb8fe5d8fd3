package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * The address spaces of a VM. Each has page tables of its own, from a root of its own. All of them
 * map the same in the upper half, where the monitor is. There is always a first one.
 *
 * <p>The tables of a removed address space become other tables only after the hypervisor has
 * forgotten all tables ({@link TablePages}).
 */
public final class AddressSpaces {
  private final PhysicalMemory memory;
  private final Checkpoint checkpoint;

  /**
   * The address spaces of the image, in its order. For memory without an image, only the first one.
   */
  private final List<AddressSpace> ofImage;

  /** The current address spaces. */
  private List<AddressSpace> spaces;

  /**
   * Makes one empty address space. The caller maps the upper half, which all of them have, before
   * it makes another one.
   *
   * @param checkpoint of the guest, whose calls can be ended while the host works for it here
   */
  public AddressSpaces(PhysicalMemory memory, Checkpoint checkpoint) {
    this.memory = memory;
    this.checkpoint = checkpoint;
    PageTables tables = new PageTables(memory);
    spaces = List.of(new AddressSpace(memory, tables, List.of(), checkpoint));
    ofImage = spaces;
  }

  /**
   * Makes the address spaces of the image from which the memory was made.
   *
   * @param mappings the result of {@link #mappings} when it was frozen
   */
  public AddressSpaces(PhysicalMemory memory, List<List<Mapping>> mappings, Checkpoint checkpoint) {
    this.memory = memory;
    this.checkpoint = checkpoint;
    AddressSpace[] spawned = new AddressSpace[mappings.size()];
    for (int i = 0; i < mappings.size(); i++) {
      PageTables tables = new PageTables(memory, memory.imageRoot(i));
      spawned[i] = new AddressSpace(memory, tables, mappings.get(i), checkpoint);
    }
    spaces = List.of(spawned);
    ofImage = spaces;
  }

  /** Returns the one that a VM begins with. */
  public AddressSpace first() {
    return spaces.getFirst();
  }

  /** Returns the current ones, in the order of an image. */
  public List<AddressSpace> all() {
    return spaces;
  }

  /**
   * Adds one that maps nothing for user code.
   *
   * @throws GuestMemoryExhaustedException if there is no room for its root
   */
  public AddressSpace add() {
    PageTables tables = first().tables().withSameUpperHalf();
    AddressSpace added = new AddressSpace(memory, tables, List.of(), checkpoint);
    List<AddressSpace> more = new ArrayList<>(spaces);
    more.add(added);
    spaces = List.copyOf(more);
    return added;
  }

  /**
   * Removes one that is not the first, and unmaps everything in it. No vCPU runs, or runs in it
   * again.
   */
  public void remove(AddressSpace space) {
    if (space.equals(first()) || !spaces.contains(space)) {
      throw new IllegalArgumentException("no address space that can be removed");
    }
    space.unmapAll();
    spaces = spaces.stream().filter(other -> !other.equals(space)).toList();
    memory.retire(space.tables());
  }

  /** Returns the mappings of each, for an image. */
  public List<List<Mapping>> mappings() {
    return spaces.stream().map(AddressSpace::mappings).toList();
  }

  /** Returns the roots of their tables, for an image. */
  public List<PageTable> roots() {
    return spaces.stream().map(space -> space.tables().root()).toList();
  }

  /** Restores the address spaces of the image, after the memory with the tables is restored. */
  public void restore(List<List<Mapping>> mappings) {
    spaces = ofImage;
    for (int i = 0; i < mappings.size(); i++) {
      spaces.get(i).restore(mappings.get(i));
    }
  }
}

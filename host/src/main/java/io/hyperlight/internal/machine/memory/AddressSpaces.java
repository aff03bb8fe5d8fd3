package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * The address spaces of a VM. Each has page tables of its own, from a root of its own, and all map
 * the same in the upper half, where the monitor is. There is always a first one.
 *
 * <p>The tables of one that was removed become others only after the hypervisor has forgotten all
 * tables ({@link TablePages}).
 */
public final class AddressSpaces {
  private final PhysicalMemory memory;
  private final Checkpoint checkpoint;

  /** Those of the image, in its order; those there are, for memory without an image. */
  private final List<AddressSpace> ofImage;

  /** Those there are. */
  private List<AddressSpace> spaces;

  /**
   * One empty address space. Whoever makes it maps what is in the upper half of all, before there
   * is another one.
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
   * Those of the image that the memory has come from.
   *
   * @param mappings what {@link #mappings} gave when it was frozen
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

  /** The one that a VM begins with. */
  public AddressSpace first() {
    return spaces.getFirst();
  }

  /** Those there are, in the order of an image. */
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
   * Removes one that is not the first, and unmaps all it has. No vCPU runs, or runs in it again.
   */
  public void remove(AddressSpace space) {
    if (space.equals(first()) || !spaces.contains(space)) {
      throw new IllegalArgumentException("no address space that can be removed");
    }
    space.unmapAll();
    spaces = spaces.stream().filter(other -> !other.equals(space)).toList();
    memory.retire(space.tables());
  }

  /** What each maps, for an image. */
  public List<List<Mapping>> mappings() {
    return spaces.stream().map(AddressSpace::mappings).toList();
  }

  /** The roots of their tables, for an image. */
  public List<PageTable> roots() {
    return spaces.stream().map(space -> space.tables().root()).toList();
  }

  /** Goes back to those of the image, after the memory with the tables has gone back. */
  public void restore(List<List<Mapping>> mappings) {
    spaces = ofImage;
    for (int i = 0; i < mappings.size(); i++) {
      spaces.get(i).restore(mappings.get(i));
    }
  }
}

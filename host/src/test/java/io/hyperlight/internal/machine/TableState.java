package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PageWalk;
import io.hyperlight.internal.machine.memory.PhysicalLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Watches which pages of a spawned machine become page tables. */
public final class TableState {
  private final Vm machine;
  private final Set<Long> ofImage;

  /** Pages that were tables in earlier lives, since KVM last forgot all of them. */
  private final Set<Long> used = new HashSet<>();

  /** Starts with a machine that was just spawned or restored. */
  public TableState(Vm machine) {
    this.machine = machine;
    ofImage = Set.copyOf(PageWalk.tables(machine.memory(), root(machine)));
  }

  private static PageTable root(Vm machine) {
    return machine.addressSpace().tables().root();
  }

  private List<Long> tables() {
    return PageWalk.tables(machine.memory(), root(machine)).stream()
        .filter(table -> !ofImage.contains(table))
        .toList();
  }

  /** Returns whether the tables of this life start behind those of the image, as in a new VM. */
  public boolean startsAgain() {
    boolean again = tables().contains(new PhysicalLayout(0).tableAddress(ofImage.size()));
    if (again) {
      used.clear();
    }
    return again;
  }

  /** Returns pages that are tables in this life and were tables in an earlier one, or hold data. */
  public List<Long> tablesUsedTwice() {
    Set<Long> data = new HashSet<>();
    PageWalk.pages(machine.memory(), root(machine))
        .values()
        .forEach(page -> data.add(page.physical()));
    List<Long> tables = tables();
    List<Long> twice =
        tables.stream().filter(table -> used.contains(table) || data.contains(table)).toList();
    used.addAll(tables);
    return twice;
  }
}

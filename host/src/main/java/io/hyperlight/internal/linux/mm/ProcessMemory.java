package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Checkpoint;

/** The memory of a process: its address space, its mappings, and the program break. */
public final class ProcessMemory {
  private final AddressSpace space;
  private final AddressRanges ranges;
  private final MemoryPlacement placement;
  private final Mappings mappings;
  private final MappedFiles files;
  private final ProgramBreak programBreak;

  /**
   * Creates the memory of a new program.
   *
   * @param maxFiles how many files can be mapped
   * @param stopOthers stops the process's other threads until the present system call is over
   */
  public ProcessMemory(
      AddressSpace space,
      AddressRanges ranges,
      Checkpoint checkpoint,
      int maxFiles,
      Runnable stopOthers) {
    this.space = space;
    this.ranges = ranges;
    placement = new MemoryPlacement(space, ranges);
    MappedAreas areas = new MappedAreas(this::forget, checkpoint);
    mappings = new Mappings(space, areas, checkpoint);
    files = new MappedFiles(mappings, areas, maxFiles, stopOthers);
    programBreak = new ProgramBreak(mappings, ranges.heapStart(), ranges.heapEnd());
  }

  private void forget(MappedObject object) {
    files.forget(object);
  }

  public AddressSpace space() {
    return space;
  }

  AddressRanges ranges() {
    return ranges;
  }

  MemoryPlacement placement() {
    return placement;
  }

  /** Returns the mappings and their objects. */
  public Mappings mappings() {
    return mappings;
  }

  public MappedFiles files() {
    return files;
  }

  public ProgramBreak programBreak() {
    return programBreak;
  }

  /** Returns the name of anonymous memory in {@code /proc/self/maps}; may be empty. */
  public String nameOf(long start) {
    if (start == ranges.vdsoNumbers()) {
      return "[vvar]";
    } else if (start == ranges.vdso()) {
      return "[vdso]";
    } else if (start >= ranges.heapStart() && start < programBreak.current()) {
      return "[heap]";
    }
    return start >= ranges.programStackStart() && start < ranges.programStackEnd() ? "[stack]" : "";
  }
}

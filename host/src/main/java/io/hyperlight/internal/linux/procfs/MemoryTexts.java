package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.linux.mm.ProcessMemory;
import io.hyperlight.internal.linux.pseudo.PseudoLines;
import io.hyperlight.internal.machine.memory.Protection;

/** Formats {@code proc_pid_maps(5)} and {@code proc_pid_smaps(5)}, one mapping at a time. */
final class MemoryTexts {
  private final ProcessMemory memory;
  private final MapsLine line;

  MemoryTexts(ProcessMemory memory, MapsLine line) {
    this.memory = memory;
    this.line = line;
  }

  /** Appends the next mapping's line, as a {@link PseudoLines.Source} does. */
  long nextMapping(long from, StringBuilder text) {
    Mappings.View view = memory.mappings().viewFrom(from);
    if (view == null) {
      return PseudoLines.END;
    }
    text.append(line.of(view)).append('\n');
    return view.end();
  }

  /** Appends the next mapping's line, and what the mapping takes. */
  long nextDetails(long from, StringBuilder text) {
    Mappings.View view = memory.mappings().viewFrom(from);
    if (view == null) {
      return PseudoLines.END;
    }
    text.append(line.of(view)).append('\n');
    long there = memory.space().backedBytes(view.start(), view.end() - view.start());
    details(view.protection(), view.end() - view.start(), there, text);
    return view.end();
  }

  /**
   * Appends the memory that a mapping takes. None is shared with another process.
   *
   * @param there how many bytes have memory
   */
  private static void details(Protection protection, long bytes, long there, StringBuilder text) {
    size(text, "Size", bytes);
    size(text, "KernelPageSize", 4096);
    size(text, "MMUPageSize", 4096);
    size(text, "Rss", there);
    size(text, "Pss", there);
    size(text, "Shared_Clean", 0);
    size(text, "Shared_Dirty", 0);
    size(text, "Private_Clean", 0);
    size(text, "Private_Dirty", there);
    size(text, "Referenced", there);
    size(text, "Anonymous", there);
    for (String nothing :
        new String[] {
          "LazyFree",
          "AnonHugePages",
          "ShmemPmdMapped",
          "FilePmdMapped",
          "Shared_Hugetlb",
          "Private_Hugetlb",
          "Swap",
          "SwapPss",
          "Locked"
        }) {
      size(text, nothing, 0);
    }
    text.append("THPeligible:           0\nVmFlags: ")
        .append(protection.readable() ? "rd " : "")
        .append(protection.writable() ? "wr " : "")
        .append(protection.executable() ? "ex " : "")
        .append("mr mw me \n");
  }

  private static void size(StringBuilder text, String name, long bytes) {
    text.append("%-16s%8d kB\n".formatted(name + ":", bytes / 1024));
  }
}

package io.hyperlight.internal.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds what a core dump of this process would contain of guests, by {@code /proc/self/smaps}. */
public final class Dumped {
  private Dumped() {}

  /**
   * Returns the mappings of a machine's memory, and all of KVM's and of snapshots, that would be
   * dumped.
   *
   * @throws AssertionError if the memory is not found at all
   */
  public static List<String> of(Vm machine) throws IOException {
    long start = machine.memory().segment().address();
    long end = start + machine.memory().segment().byteSize();
    List<String> dumped = new ArrayList<>();
    long found = 0;
    String mapping = "";
    long size = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
        long from = Math.max(start, Long.parseUnsignedLong(range[0], 16));
        size = Math.min(end, Long.parseUnsignedLong(range[1], 16)) - from;
        mapping = line;
      } else if (line.startsWith("VmFlags:")) {
        found += Math.max(0, size);
        boolean ofGuest =
            size > 0 || mapping.contains("kvm-vcpu") || mapping.contains("hyperlight-snapshot");
        if (ofGuest && !(line + " ").contains(" dd ")) {
          dumped.add(mapping + " " + line);
        }
      }
    }
    if (found != end - start) {
      throw new AssertionError("%d of %d bytes are mapped".formatted(found, end - start));
    }
    return dumped;
  }
}

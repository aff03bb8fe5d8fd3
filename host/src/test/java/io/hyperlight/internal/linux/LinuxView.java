package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.FileStates;
import io.hyperlight.internal.linux.mm.MappingStates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Captures all of a guest's Linux state between two calls, for comparison. */
public final class LinuxView {
  private final Map<String, Object> parts = new LinkedHashMap<>();

  private LinuxView() {}

  /**
   * Captures the present state. The next random numbers are left out: reading them would change
   * them.
   */
  public static LinuxView of(SystemCalls calls) {
    LinuxView view = new LinuxView();
    try (LinuxState state = calls.state()) {
      view.parts.put("program break", state.programBreak());
      view.parts.put("files", FileStates.describe(state.files()));
      view.parts.put("mappings", MappingStates.describe(state.mappings()));
      view.parts.put("clock", state.clock().monotonicNanos());
      view.parts.put("tasks", state.tasks());
      view.parts.put("process", state.process());
      view.parts.put("timers", state.timers());
      view.parts.put("futexes", state.futexes());
    }
    view.parts.put("refusals", calls.refusals());
    view.parts.put("system call count", calls.count());
    return view;
  }

  /** Returns the differences to another view. */
  public List<String> differencesOf(LinuxView other) {
    List<String> differences = new ArrayList<>();
    parts.forEach((name, mine) -> {
      Object theirs = other.parts.get(name);
      if (!mine.equals(theirs)) {
        differences.add("Linux has for %s: %s instead of %s".formatted(name, theirs, mine));
      }
    });
    return differences;
  }
}

package io.hyperlight.snippets;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.io.PrintStream;
import java.nio.file.Path;

/** The examples in the Javadoc of {@link Snapshot}, which a test runs. */
public final class SnapshotSnippets {
  private SnapshotSnippets() {}

  public static void restore(Sandbox sandbox, PrintStream out) {
    // @start region="restore"
    sandbox.call("warm_up", void.class);
    try (Snapshot warm = sandbox.snapshot();
        Sandbox other = warm.spawn()) {
      out.println(sandbox.call("count", int.class)); // 1
      out.println(sandbox.call("count", int.class)); // 2
      sandbox.restore(warm);
      out.println(sandbox.call("count", int.class)); // 1
      out.println(other.call("count", int.class)); // 1
    }
    // @end
  }

  public static void load(Sandbox sandbox, Path file, PrintStream out) {
    // @start region="load"
    try (Snapshot warm = sandbox.snapshot()) {
      warm.save(file);
    }
    // Another process, another day:
    try (Snapshot warm = Snapshot.load(file);
        Sandbox spawned = warm.spawner().hostFunction("next_number", () -> 7).spawn()) {
      out.println(spawned.call("host_number", int.class)); // 7
    }
    // @end
  }
}

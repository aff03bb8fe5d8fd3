package io.hyperlight.snapshots;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.nio.file.Path;

/**
 * The main class of a separate JVM. It loads a snapshot and prints the answer of a sandbox of it.
 */
final class SnapshotLoading {
  private SnapshotLoading() {}

  public static void main(String[] arguments) {
    try (Snapshot loaded = Snapshot.load(Path.of(arguments[0]));
        Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 9).spawn()) {
      int count = sandbox.call("count", int.class);
      int inBlock = sandbox.call("in_block", int.class, 4096L);
      int hostNumber = sandbox.call("host_number", int.class);
      System.out.println(count + " " + inBlock + " " + hostNumber);
    }
  }
}

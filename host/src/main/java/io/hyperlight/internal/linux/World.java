package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import java.util.List;
import java.util.function.Supplier;

/**
 * All that runs in one sandbox: its processes, and what they share. It is what is limited,
 * snapshotted, restored and ended together.
 */
final class World {
  private final Context machine;
  private final Settings settings;
  private final GuestClock clock;
  private final RandomSource random;
  private final HeapBudget heap;
  private final StandardStreams streams;
  private final WorldFiles files;

  /**
   * Without processes.
   *
   * @param fileSystem makes the file system when it is asked for
   */
  World(
      Context machine,
      Settings settings,
      StandardStreams streams,
      Supplier<FileSystem> fileSystem) {
    this.machine = machine;
    this.settings = settings;
    this.streams = streams;
    clock = new GuestClock(settings.clock());
    random = new RandomSource(settings.randomSeed());
    heap = new HeapBudget(settings.limits().heapBytes());
    files = new WorldFiles(fileSystem, heap, streams, machine.checkpoint());
  }

  /** The virtual machine that it is in. */
  Context machine() {
    return machine;
  }

  GuestClock clock() {
    return clock;
  }

  RandomSource random() {
    return random;
  }

  /** What the host may hold for it. */
  HeapBudget heap() {
    return heap;
  }

  StandardStreams streams() {
    return streams;
  }

  WorldFiles files() {
    return files;
  }

  /** Where the running call can be ended; for every loop whose length a guest chooses. */
  Checkpoint checkpoint() {
    return machine.checkpoint();
  }

  /** How many descriptors a process can have, and how many files it can map. */
  int mostDescriptors() {
    return settings.limits().descriptors();
  }

  /** Whether memory that could be written may become executable. */
  boolean mayMakeCode() {
    return settings.mayMakeCode();
  }

  /** Where files are mounted. */
  List<String> mountPaths() {
    return settings.mounts().stream().map(Mount::path).toList();
  }
}

package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.memory.AddressSpace;

/** A process: an address space, descriptors, signals and limits, which its tasks share. */
final class GuestProcess {
  private final World world;
  private final ExecutedProgram program;
  private final ProcessMemory memory;
  private final GuestMemory bytes;
  private final ResourceLimits limits;
  private final FileSizeLimit fileSize;
  private final ProcessFiles files;
  private final ProcessSignals signals = new ProcessSignals();
  private final ProcessAttributes attributes;
  private final Scheduling scheduling = new Scheduling();
  private final ProcessorUsage usage;

  /** A new process, whose program is mapped next. */
  GuestProcess(World world, AddressSpace space, AddressRanges ranges, ProgramIdentity identity) {
    this.world = world;
    memory = new ProcessMemory(space, ranges, world.checkpoint(), world.options().descriptors());
    bytes = new GuestMemory(space);
    program = new ExecutedProgram(identity, bytes);
    limits =
        new ResourceLimits(
            ranges.programStackEnd() - ranges.programStackStart(), world.options().descriptors());
    fileSize = new FileSizeLimit(limits);
    files = new ProcessFiles(world.files(), limits);
    attributes = new ProcessAttributes(identity);
    usage = new ProcessorUsage(world.machine(), world.clock());
    world.files().addWatcher(memory.files());
    world.heap().addUser(memory.files()::heapBytes);
  }

  World world() {
    return world;
  }

  ExecutedProgram program() {
    return program;
  }

  ProcessMemory memory() {
    return memory;
  }

  /** Reads and writes its memory. */
  GuestMemory bytes() {
    return bytes;
  }

  ResourceLimits limits() {
    return limits;
  }

  FileSizeLimit fileSize() {
    return fileSize;
  }

  ProcessFiles files() {
    return files;
  }

  ProcessSignals signals() {
    return signals;
  }

  ProcessAttributes attributes() {
    return attributes;
  }

  Scheduling scheduling() {
    return scheduling;
  }

  ProcessorUsage usage() {
    return usage;
  }
}

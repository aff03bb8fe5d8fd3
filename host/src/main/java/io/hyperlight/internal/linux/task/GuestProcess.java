package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.fd.FileSizeLimit;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.mm.AddressRanges;
import io.hyperlight.internal.linux.mm.ProcessMemory;
import io.hyperlight.internal.linux.proc.ExecutedProgram;
import io.hyperlight.internal.linux.proc.ProcessAttributes;
import io.hyperlight.internal.linux.proc.ProgramIdentity;
import io.hyperlight.internal.linux.signal.ProcessSignals;
import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.time.ProcessorUsage;
import io.hyperlight.internal.linux.timer.ProcessTimers;
import io.hyperlight.internal.linux.timer.TimerTarget;
import io.hyperlight.internal.machine.memory.AddressSpace;

/** A process: an address space, descriptors, signals and limits, which its tasks share. */
public final class GuestProcess {
  private final World world;
  private final ExecutedProgram program;
  private final ProcessMemory memory;
  private final GuestMemory bytes;
  private final ResourceLimits limits;
  private final FileSizeLimit fileSize;
  private final ProcessFiles files;
  private final ProcessSignals signals = new ProcessSignals();
  private final ProcessAttributes attributes;
  private final ProcessorUsage usage;
  private final ProcessTimers timers;
  private final ProcessTasks tasks = new ProcessTasks(this);

  /** Creates a process. Its program is mapped afterwards. */
  public GuestProcess(
      World world, AddressSpace space, AddressRanges ranges, ProgramIdentity identity) {
    this.world = world;
    memory =
        new ProcessMemory(
            space,
            ranges,
            world.checkpoint(),
            world.options().descriptors(),
            world.scheduler().processors()::barrier);
    bytes = new GuestMemory(space);
    program = new ExecutedProgram(identity, bytes);
    limits =
        new ResourceLimits(
            ranges.programStackEnd() - ranges.programStackStart(), world.options().descriptors());
    fileSize = new FileSizeLimit(limits);
    files = new ProcessFiles(world.files(), limits, signals.arrivals());
    attributes = new ProcessAttributes();
    usage = new ProcessorUsage(world.context(), world.clock());
    timers = new ProcessTimers(world.timers(), this::sendByTimer);
    signals.atDelivery(timers::delivered);
    world.measureBy(usage::processorNanos);
    world.heap().addUser(timers::heapBytes);
    world.files().addWatcher(memory.files());
    world.heap().addUser(memory.files()::heapBytes);
    world.heap().addUser(tasks::heapBytes);
  }

  public World world() {
    return world;
  }

  /** Returns its tasks. */
  public ProcessTasks tasks() {
    return tasks;
  }

  private boolean sendByTimer(SignalInfo info, int thread) {
    Task task = thread == TimerTarget.PROCESS ? tasks.first() : tasks.find(thread);
    return task != null && task.signals().sendByTimer(info, thread != TimerTarget.PROCESS);
  }

  /** Returns whether a number is that of a thread of the process. */
  public boolean hasThread(int number) {
    return tasks.find(number) != null;
  }

  public ProcessTimers timers() {
    return timers;
  }

  public ExecutedProgram program() {
    return program;
  }

  public ProcessMemory memory() {
    return memory;
  }

  /** Returns the reader and writer of its memory. */
  public GuestMemory bytes() {
    return bytes;
  }

  public ResourceLimits limits() {
    return limits;
  }

  public FileSizeLimit fileSize() {
    return fileSize;
  }

  public ProcessFiles files() {
    return files;
  }

  ProcessSignals signals() {
    return signals;
  }

  public ProcessAttributes attributes() {
    return attributes;
  }

  public ProcessorUsage usage() {
    return usage;
  }
}

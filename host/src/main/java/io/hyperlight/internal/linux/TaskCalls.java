package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.DescriptorCalls;
import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.fd.EventCalls;
import io.hyperlight.internal.linux.fd.PollCalls;
import io.hyperlight.internal.linux.fd.PollWait;
import io.hyperlight.internal.linux.fd.ProcessFileCalls;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.fd.SocketCalls;
import io.hyperlight.internal.linux.fd.SocketOptionCalls;
import io.hyperlight.internal.linux.fd.SpliceCalls;
import io.hyperlight.internal.linux.fd.TimerFileCalls;
import io.hyperlight.internal.linux.fd.TransferCalls;
import io.hyperlight.internal.linux.fs.AttributeCalls;
import io.hyperlight.internal.linux.fs.DirectoryCalls;
import io.hyperlight.internal.linux.fs.MemoryFileCalls;
import io.hyperlight.internal.linux.fs.OpenCalls;
import io.hyperlight.internal.linux.fs.PathCalls;
import io.hyperlight.internal.linux.fs.Paths;
import io.hyperlight.internal.linux.fs.StatCalls;
import io.hyperlight.internal.linux.futex.FutexCalls;
import io.hyperlight.internal.linux.futex.FutexVectorCalls;
import io.hyperlight.internal.linux.futex.RobustList;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.mm.AddressLimits;
import io.hyperlight.internal.linux.mm.AdviceCalls;
import io.hyperlight.internal.linux.mm.LockCalls;
import io.hyperlight.internal.linux.mm.MemoryCalls;
import io.hyperlight.internal.linux.mm.RemapCalls;
import io.hyperlight.internal.linux.net.NetworkCalls;
import io.hyperlight.internal.linux.proc.LimitCalls;
import io.hyperlight.internal.linux.proc.PrctlCalls;
import io.hyperlight.internal.linux.proc.ProcessCalls;
import io.hyperlight.internal.linux.proc.Scheduling;
import io.hyperlight.internal.linux.proc.SchedulingCalls;
import io.hyperlight.internal.linux.proc.ThreadCalls;
import io.hyperlight.internal.linux.random.RandomCalls;
import io.hyperlight.internal.linux.signal.SendCalls;
import io.hyperlight.internal.linux.signal.SignalCalls;
import io.hyperlight.internal.linux.task.CloneCalls;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.TaskUsage;
import io.hyperlight.internal.linux.time.TimeCalls;
import io.hyperlight.internal.linux.time.UsageCalls;
import io.hyperlight.internal.linux.timer.TimerCalls;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Groups the system calls of a task by family. They work on the state of the task and its process.
 */
final class TaskCalls {
  // Files and descriptors.
  final TransferCalls transfers;
  final SpliceCalls splices;
  final OpenCalls opens;
  final MemoryFileCalls memoryFiles;
  final DescriptorCalls descriptors;
  final PollCalls polls;
  final EventCalls events;
  final TimerFileCalls timerFiles;
  final ProcessFileCalls processFiles;
  final SocketCalls sockets;
  final SocketOptionCalls socketOptions;
  final StatCalls stats;
  final DirectoryCalls directories;
  final PathCalls paths;
  final AttributeCalls attributes;

  // Memory.
  final MemoryCalls memory;
  final RemapCalls remaps;
  final AdviceCalls advice;
  final LockCalls locks;

  // Time and random numbers.
  final TimeCalls time;
  final TimerCalls timers;
  final UsageCalls usage;
  final RandomCalls random;

  // The process and its threads.
  final ProcessCalls process;
  final PrctlCalls prctl;
  final LimitCalls limits;
  final SchedulingCalls scheduling;
  final ThreadCalls threads;
  final FutexCalls futexes;
  final FutexVectorCalls futexVectors;
  final CloneCalls clones;

  // Signals.
  final SignalCalls signals;
  final SendCalls sends;

  // The network.
  final NetworkCalls network;

  /**
   * Creates the system calls of a task.
   *
   * @param refusals counts what is refused
   */
  TaskCalls(Task task, Refusals refusals) {
    World world = task.world();
    GuestProcess own = task.process();
    Context context = task.context();
    TaskIdentity identity = task.identity();
    GuestMemory bytes = own.bytes();
    ProcessFiles files = own.files();
    Descriptors numbers = files.descriptors();
    IntPredicate isThread = number -> find(task, number) != null;
    HeapBudget heap = world.heap();
    GuestClock clock = world.clock();
    Checkpoint checkpoint = world.checkpoint();
    Paths names = new Paths(bytes, files);
    AddressLimits addressLimits = new AddressLimits(own.limits(), own.memory().space());

    transfers = new TransferCalls(files, task.caller(), bytes);
    splices = new SpliceCalls(numbers, task.caller(), bytes);
    opens = new OpenCalls(names, files, heap, task.waiting());
    memoryFiles = new MemoryFileCalls(files, bytes, heap);
    descriptors = new DescriptorCalls(files, bytes, heap);
    PollWait wait = new PollWait(task.caller(), bytes);
    polls = new PollCalls(numbers, wait, task.caller(), bytes);
    events = new EventCalls(files, task.caller(), heap, bytes);
    timerFiles = new TimerFileCalls(files, heap, world.timers(), bytes);
    sockets = new SocketCalls(files, task.caller(), heap, bytes, identity, refusals);
    socketOptions = new SocketOptionCalls(sockets, bytes, identity);
    stats = new StatCalls(names, files, bytes);
    directories = new DirectoryCalls(names, files, bytes, heap, checkpoint);
    paths = new PathCalls(names, files, bytes, own.fileSize(), refusals);
    attributes = new AttributeCalls(names, files, bytes, clock);

    memory =
        new MemoryCalls(own.memory(), addressLimits, files, heap, world.options().mayMakeCode());
    remaps = new RemapCalls(own.memory(), addressLimits);
    advice = new AdviceCalls(own.memory(), bytes, checkpoint);
    locks = new LockCalls(own.memory(), own.limits());

    time =
        new TimeCalls(
            clock, own.usage(), task.waiting(), identity, number -> usageOf(task, number), bytes);
    timers = new TimerCalls(own.timers(), own.limits(), heap, own::hasThread, bytes);
    usage = new UsageCalls(own.usage(), task.usage(), clock, bytes);
    random = new RandomCalls(world.random(), bytes, checkpoint);

    clones = new CloneCalls(task, refusals);
    process =
        new ProcessCalls(
            identity,
            isThread,
            refusals,
            clock,
            world.vdso(),
            bytes,
            context,
            world.scheduler().processors()::number);
    prctl = new PrctlCalls(own.attributes(), task.attributes(), bytes);
    limits = new LimitCalls(own.limits(), isThread, bytes);
    scheduling =
        new SchedulingCalls(
            number -> schedulingOf(task, number), identity, bytes, world.options().processors());
    threads =
        new ThreadCalls(
            number -> robustListOf(task, number),
            own.attributes(),
            world.scheduler().processors()::barrier,
            bytes);
    futexes = new FutexCalls(task.futexes(), bytes);
    futexVectors = new FutexVectorCalls(task.futexes(), bytes, heap);

    signals = new SignalCalls(task.signals(), task.delivery(), bytes, context, task.waiting());
    sends = new SendCalls(task.signals(), identity, bytes);
    processFiles = new ProcessFileCalls(files, sends, heap, identity);

    network = new NetworkCalls(refusals);
  }

  /** Returns the task with a number, of which 0 is the caller; null if there is none. */
  private static @Nullable Task find(Task caller, int number) {
    return number == 0 ? caller : caller.process().tasks().find(number);
  }

  private static @Nullable Scheduling schedulingOf(Task caller, int number) {
    Task found = find(caller, number);
    return found == null ? null : found.attributes().scheduling();
  }

  private static @Nullable TaskUsage usageOf(Task caller, int number) {
    Task found = find(caller, number);
    return found == null ? null : found.usage();
  }

  private static @Nullable RobustList robustListOf(Task caller, int number) {
    Task found = find(caller, number);
    return found == null ? null : found.robustList();
  }
}

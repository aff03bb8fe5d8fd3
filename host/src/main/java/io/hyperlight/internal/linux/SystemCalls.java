package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.FileState;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.mm.AddressRanges;
import io.hyperlight.internal.linux.procfs.PseudoFiles;
import io.hyperlight.internal.linux.pseudo.HostChannels;
import io.hyperlight.internal.linux.random.RandomSource;
import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.signal.SignalState;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.task.TurnOrder;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.linux.task.WorldOptions;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.VcpuTeam;
import io.hyperlight.internal.machine.Vdso;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.restore.RestoreOrder;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathResolver;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.value.Limits;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Provides Linux for one guest: its {@link World} and the answers to its tasks' system calls.
 * {@link SystemCallTable} lists the calls.
 *
 * <p><b>Boundary.</b> Number and arguments are hostile. Pointers go to {@link AddressSpace} only,
 * which checks them and copies. A bad pointer is EFAULT for the guest and has no effect on the
 * host.
 *
 * <p>For one thread at a time.
 */
public final class SystemCalls implements Restorable<LinuxState>, AutoCloseable {
  /** All parts that a restore touches, in the order in which it touches them. */
  static final RestoreOrder<SystemCalls, LinuxState> RESTORE_ORDER =
      new RestoreOrder<SystemCalls, LinuxState>()
          .addAll(calls -> calls.images, WorldImages.RESTORE_ORDER)
          .add("refusals", (calls, _) -> calls.refusals.clear())
          .add("system call count", (calls, _) -> calls.turns.restore());

  private final Context context;
  private final CallBudget budget;
  private final World world;
  private final GuestProcess process;
  private final Turns turns;

  private final Refusals refusals = new Refusals();

  private final WorldImages images;

  /** What all this was restored to. */
  private @Nullable LinuxState base;

  /** Whether it may be something else now: whoever changes anything, or makes it, says so. */
  private boolean touched = true;

  /**
   * Creates Linux for one guest.
   *
   * @param context the first one of the machine
   * @param contexts finds a context of the machine by its number
   * @param installedVdso the vDSO, if the guest has one
   * @param budget starts over with each call
   * @throws io.hyperlight.internal.os.SystemCallException if a mounted directory of the host cannot
   *     be opened
   */
  public SystemCalls(
      Context context,
      IntFunction<@Nullable Context> contexts,
      @Nullable Vdso installedVdso,
      AddressRanges ranges,
      StandardStreams.Output output,
      Settings settings,
      CallBudget budget) {
    this.context = context;
    this.budget = budget;
    StandardStreams streams =
        new StandardStreams(context, budget, Objects.requireNonNull(settings.input()), output);
    Limits limits = settings.limits();
    HeapBudget heap = new HeapBudget(limits.heapBytes());
    Vdso vdso = settings.letsGuestComputeTime() ? installedVdso : null;
    world =
        new World(
            context,
            new WorldOptions(
                limits.openFiles(),
                settings.mayMakeCode(),
                settings.mounts(),
                limits.threads(),
                new TurnOrder(settings.turns()),
                settings.machine().processors()),
            new GuestClock(clock(settings), vdso),
            vdso,
            new RandomSource(settings.randomSeed()),
            heap,
            new WorldFiles(
                () -> newFileSystem(settings),
                heap,
                streams,
                new HostChannels(settings.extensions(), context, budget),
                context.call()));
    process = new GuestProcess(world, context.addressSpace(), ranges, settings.program());
    streams.connect(new OutsideOf(world, process));
    Task first = new Task(process, TaskIdentity.FIRST, context);
    process.tasks().add(first);
    world.scheduler().begin(first);
    turns = new Turns(world, process, new CallHandlers(refusals, settings.observer()));
    images = new WorldImages(world, process, contexts);
    first.signals().restore(SignalState.INITIAL);
    try {
      if (!settings.mounts().isEmpty()) {
        world.files().fileSystem();
      }
      process.files().restore(FileState.initial(settings.extensions()));
    } catch (Throwable t) {
      world.files().close();
      throw t;
    }
  }

  /** Returns the embedder's clock, which is read by the thread of the call. */
  private @Nullable InstantSource clock(Settings settings) {
    InstantSource clock = settings.clock();
    return clock == null || settings.machine().processors() == 1
        ? clock
        : () ->
            context.call().isAwayFromCaller()
                ? context.call().atCaller(clock::instant)
                : clock.instant();
  }

  private FileSystem newFileSystem(Settings settings) {
    return new FileSystem(
        settings.mounts(),
        PseudoFiles.of(process.tasks().first()),
        MemorySource.forEverybody(process.memory().space().memoryBytes() / 2),
        world.clock()::instant, // not the host's: files are no newer than the guest's time
        context.call());
  }

  /** Returns the state between two calls. The caller closes it. */
  public LinuxState state() {
    touched = true;
    return images.freeze();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Call this after the machine was restored.
   *
   * @param earlier must stay open during the restore, or be {@linkplain LinuxState#retain retained}
   */
  @Override
  @SuppressWarnings("ReferenceEquality") // an equal one that is not the same is restored to
  public void restore(LinuxState earlier) {
    if (!touched && earlier == base) {
      return; // most calls of functions make no system call
    }
    touched = true; // until it is done
    RESTORE_ORDER.restore(this, earlier);
    base = earlier;
    touched = !earlier.isStable();
  }

  /** Forgets what belonged to the previous call. */
  public void beginCall() {
    world.outcome().begin();
    refusals.beginCall();
    world.files().streams().beginCall();
    process.usage().beginCall();
    world.scheduler().current().usage().beginCall();
    budget.begin();
    world.scheduler().beginCall();
  }

  /** Prepares for a request to the guest, after {@link #beginCall}. */
  public void beginRequest() {
    touched |= world.clock().beginRequest();
  }

  /** Returns the contents of the files that the guest can write. Immutable. */
  public FileSystem.State writtenFiles() {
    touched = true;
    return world.files().fileSystem().freeze();
  }

  /** Releases the host resources of this guest. A second call does nothing. */
  @Override
  public void close() {
    try {
      world.files().streams().close();
      process.memory().files().close();
    } finally {
      world.files().close();
    }
  }

  /**
   * Reads a file that the guest sees.
   *
   * @param path absolute
   * @param most the maximum size in bytes
   * @throws FileException if the file cannot be read, or is larger
   */
  public byte[] readFile(String path, int most) {
    touched = true;
    PathResolver paths = process.files().paths();
    Node node = paths.resolve(paths.root(), path, true).node();
    if (node.status().kind() != FileKind.REGULAR) {
      throw new FileException(Errno.EACCES);
    }
    try (FileContent content = node.open(false)) {
      long size = content.status().size();
      if (size > most) {
        throw new FileException(Errno.EFBIG);
      }
      byte[] bytes = new byte[(int) size];
      int read = content.read(0, bytes, 0, bytes.length);
      return Arrays.copyOf(bytes, read);
    }
  }

  /**
   * Sets the content of the program's file. Call this after all parts of the program are
   * {@linkplain #programMapped mapped}.
   *
   * @param content stays open: neither the caller nor this object closes it
   */
  public void programLoaded(FileContent content) {
    touched = true;
    process.program().setFile(content);
    process.memory().files().begun();
  }

  /**
   * Reports that a part of the program itself is mapped.
   *
   * @param start page-aligned, as are {@code end} and {@code offset}
   * @param content stays open: neither the caller nor this object closes it
   */
  public void programMapped(
      long start, long end, Protection protection, FileContent content, long offset) {
    touched = true;
    process.memory().files().begin(start, end, protection, content, offset);
  }

  /**
   * Reports that a part of a file that the guest sees is mapped.
   *
   * @param start page-aligned, as are {@code end} and {@code offset}
   * @param path absolute
   */
  public void fileMapped(long start, long end, Protection protection, String path, long offset) {
    touched = true;
    PathResolver paths = process.files().paths();
    Location location = paths.resolve(paths.root(), path, true);
    try (FileContent content = location.node().open(false)) {
      process
          .memory()
          .files()
          .add(
              start,
              end,
              protection,
              content,
              location,
              offset,
              world.files().fileSystem().counterparts());
    }
  }

  /** Sets the address of the starting program's auxiliary vector. */
  public void programBegins(long auxiliary) {
    touched = true;
    process.program().setAuxiliary(auxiliary);
  }

  /** Returns random bytes from the guest's own source. */
  public byte[] randomBytes(int count) {
    touched = true;
    return world.random().next(count);
  }

  /** Returns how often each system call was refused, by name, in the order of first refusal. */
  public Map<String, Long> refusals() {
    return refusals.counts();
  }

  /** Returns the only process. */
  GuestProcess process() {
    return process;
  }

  /** Returns how many system calls were answered. */
  public long count() {
    return turns.count();
  }

  /**
   * Answers the system call at which the current task stopped, and lets a task continue.
   *
   * @return null if the guest continues, else why its program ends here
   */
  public @Nullable ProcessEnding answer() {
    touched = true;
    budget.useSystemCall();
    return turns.answer() ? null : ending(world.outcome());
  }

  /**
   * Continues a program that waited for input, which there is now.
   *
   * @return as {@link #answer}
   */
  public @Nullable ProcessEnding proceed() {
    touched = true;
    return turns.proceed() ? null : ending(world.outcome());
  }

  /**
   * Lets the tasks go on after the machine has stopped the current one for others.
   *
   * @return as {@link #answer}
   */
  public @Nullable ProcessEnding preempted() {
    touched = true;
    return turns.preempted() ? null : ending(world.outcome());
  }

  // Several processors.

  /** Returns whether threads of the guest could run on several processors at once now. */
  public boolean couldShare() {
    return world.scheduler().processors().couldShare();
  }

  /** Begins to run tasks on several processors. */
  public void begin(VcpuTeam team) {
    touched = true;
    process.usage().processorNanos(); // from here on it is measured
    world.scheduler().processors().begin(team);
  }

  /**
   * Lets a processor begin that has no task yet. Afterwards it has one, or the processors stop.
   *
   * @return as {@link #answer}
   */
  public @Nullable ProcessEnding begin(int processor) {
    select(processor);
    return turns.begin() ? null : ending(world.outcome());
  }

  /** Sets for which processor the next answers are. */
  public void select(int processor) {
    world.scheduler().processors().select(processor);
  }

  /**
   * Ends the work of a processor.
   *
   * @param keeps whether its task stays the current one, since the call ends with it
   */
  public void leave(int processor, boolean keeps) {
    select(processor);
    world.scheduler().processors().leave(keeps);
  }

  /** Ends the time of several processors, all of which have left. */
  public void endOfTeam() {
    world.scheduler().endOfTeam();
  }

  /** Returns whether something has come from outside. Any thread may call it. */
  public boolean hasEvent() {
    return world.scheduler().outside().haveCome();
  }

  /**
   * Returns what the threads of the guest do, the oldest first; nothing if it has one.
   *
   * @param current the registers of the one that runs; null if it stands at a system call
   */
  public List<ThreadReport> threads(@Nullable RegisterValues current) {
    List<Task> tasks = process.tasks().all();
    return tasks.size() == 1
        ? List.of()
        : tasks.stream().map(task -> ThreadReport.of(task, current)).toList();
  }

  /** Prepares the next entry of a task that has made a call of this library, not of Linux. */
  public void answeredElsewhere() {
    if (!world.scheduler().isQuiet()) {
      world.scheduler().plan();
    }
  }

  /** Returns the context of the task that runs. */
  public Context context() {
    return world.scheduler().current().context();
  }

  private @Nullable ProcessEnding ending(CallOutcome outcome) {
    return switch (outcome.kind()) {
      case RESULT, REDIRECTED, BLOCKED, INTERRUPTED, TASK_EXITED -> null;
      case EXITED -> new ProcessEnding.Exited(outcome.number(), explanation());
      case KILLED ->
          new ProcessEnding.Killed(outcome.number(), Signals.name(outcome.number()), explanation());
      case STUCK -> new ProcessEnding.Stuck(refusals.explainStuck(outcome.what()));
      case WAITING_FOR_INPUT -> new ProcessEnding.WaitingForInput();
    };
  }

  /**
   * Delivers a processor exception to the guest's own signal handler, if it has one.
   *
   * @return whether the guest continues
   */
  public boolean handle(Trap.ProcessorException exception) {
    touched = true;
    Task task = world.scheduler().current();
    SignalInfo info =
        FaultSignals.of(exception, task.context().userRegisters(), process.memory().mappings());
    return info != null && task.delivery().handle(exception, info);
  }

  /** Answers whether a page fault was an access past the end of a mapped file. */
  public boolean isBehindFile(Trap.ProcessorException pageFault) {
    return process.memory().mappings().isBehindEnd(pageFault.address(), pageFault.access());
  }

  private String explanation() {
    return explain(GuestMessage.decode(world.files().streams().lastErrors()).strip());
  }

  /** Adds to a guest's last message what it asked for in the same call and no sandbox has. */
  public String explain(String message) {
    return refusals.explain(message);
  }
}

package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.Caller;
import io.hyperlight.internal.linux.futex.FutexKeys;
import io.hyperlight.internal.linux.futex.FutexTask;
import io.hyperlight.internal.linux.futex.RobustList;
import io.hyperlight.internal.linux.proc.TaskAttributes;
import io.hyperlight.internal.linux.signal.SignalDelivery;
import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.time.TaskUsage;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.Context;

/** A task: one thread of a process, with its context. */
public final class Task implements Processors.Runner {
  /** What the heap holds for a task, in bytes: itself, its signals, its system calls. */
  static final long HEAP_BYTES = 9216;

  private final GuestProcess process;
  private final TaskIdentity identity;
  private final Context context;
  private final TaskSignals signals;
  private final SignalDelivery delivery;
  private final TaskUsage usage;
  private final TaskWait waiting;
  private final FutexTask futexes;
  private final TaskAttributes attributes;
  private final RobustList robustList = new RobustList();
  private final Caller caller;

  /** Where a zero is written and a waiter woken when the task ends; 0 for nowhere. */
  private long clearedAtExit;

  /** Whether its system call has an answer that its registers do not have yet. */
  private boolean hasAnswer;

  private long answer;

  /** Whether it has exited, as the first task of a process that goes on without it. */
  private boolean exited;

  /** Creates a task. It is not one of its process yet. */
  public Task(GuestProcess process, TaskIdentity identity, Context context) {
    this.process = process;
    this.identity = identity;
    this.context = context;
    World world = process.world();
    CallOutcome outcome = world.outcome();
    waiting = new TaskWait(world.timers(), _ -> world.scheduler().woken(this));
    waiting.whenInterrupted(() -> world.scheduler().processors().interrupted(this));
    waiting.whenSkipped(() -> world.scheduler().skippedWait());
    signals = new TaskSignals(process.signals(), process.limits(), identity, outcome, waiting);
    delivery = new SignalDelivery(signals, process.bytes(), context, world.checkpoint(), outcome);
    usage = new TaskUsage(process.usage());
    attributes = new TaskAttributes(process.program().identity());
    futexes =
        new FutexTask(
            world.futexes(),
            identity.thread(),
            waiting,
            new FutexKeys(process.memory().mappings()));
    caller = new Caller(signals, waiting, process.fileSize(), world.checkpoint());
  }

  public GuestProcess process() {
    return process;
  }

  public World world() {
    return process.world();
  }

  /** Returns the numbers of this task and its process. */
  public TaskIdentity identity() {
    return identity;
  }

  /** Returns the context in which the task runs. */
  @Override
  public Context context() {
    return context;
  }

  /** Returns what happens to the task after its system call. */
  public CallOutcome outcome() {
    return world().outcome();
  }

  public TaskSignals signals() {
    return signals;
  }

  public SignalDelivery delivery() {
    return delivery;
  }

  /** Returns its processor time. */
  @Override
  public TaskUsage usage() {
    return usage;
  }

  /** Returns what the task waits for in its system call. */
  public TaskWait waiting() {
    return waiting;
  }

  /** Returns its name, and how it asked to be scheduled. */
  @Override
  public TaskAttributes attributes() {
    return attributes;
  }

  /** Begins with what a new thread has from its creator. */
  void inherit(Task creator) {
    signals.inherit(creator.signals);
    attributes.inherit(creator.attributes);
  }

  /** Returns the futexes that the task waits for. */
  public FutexTask futexes() {
    return futexes;
  }

  public RobustList robustList() {
    return robustList;
  }

  /** Returns what open files need to know of this task. */
  public Caller caller() {
    return caller;
  }

  /** Returns where a zero is written and a waiter woken when the task ends; 0 for nowhere. */
  public long clearedAtExit() {
    return clearedAtExit;
  }

  public void clearAtExit(long address) {
    clearedAtExit = address;
  }

  // Its system call, while it does not run.

  /** Keeps the answer to its system call until it runs again. */
  public void keepAnswer(long result) {
    hasAnswer = true;
    answer = result;
  }

  /** Returns whether its system call has an answer that its registers do not have yet. */
  public boolean hasAnswer() {
    return hasAnswer;
  }

  /** Returns that answer. From now on the registers have it. */
  public long takeAnswer() {
    hasAnswer = false;
    return answer;
  }

  /** Returns the answer that {@link #takeAnswer} would return. */
  long answer() {
    return answer;
  }

  // Snapshots.

  /** Returns whether it has a number and a context. */
  boolean is(int thread, Context itsContext) {
    return identity.thread() == thread && context.equals(itsContext);
  }

  /**
   * Makes the other tasks see it. {@link ProcessTasks} has it already, so that a restore ends it.
   */
  void begin() {
    signals.begin();
    futexes.begin();
  }

  /** Leaves all queues, since it is not there any more. */
  void forget() {
    waiting.reset();
    futexes.forget();
    signals.end();
  }

  TaskState state() {
    return new TaskState(
        identity.thread(),
        context.number(),
        signals.state(),
        attributes.state(),
        usage.state(),
        robustList.head(),
        clearedAtExit,
        hasAnswer,
        answer,
        exited,
        waiting.save());
  }

  void restore(TaskState earlier) {
    begin(); // it may have ended since
    signals.restore(earlier.signals());
    delivery.forget();
    attributes.restore(earlier.attributes());
    usage.restore(earlier.usage());
    robustList.set(earlier.robustList());
    clearedAtExit = earlier.clearedAtExit();
    hasAnswer = earlier.hasAnswer();
    answer = earlier.answer();
    exited = earlier.exited();
    waiting.restore(earlier.waiting());
    if (exited) {
      futexes.forget();
      signals.end();
    }
  }

  // Its end.

  /** Returns whether it has exited. */
  public boolean hasExited() {
    return exited;
  }

  void setExited(boolean now) {
    exited = now;
  }

  /** Returns whether it is the first task of its process, whose context outlives it. */
  public boolean isFirst() {
    return identity.thread() == identity.process();
  }
}

package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.Caller;
import io.hyperlight.internal.linux.futex.FutexKeys;
import io.hyperlight.internal.linux.futex.FutexTask;
import io.hyperlight.internal.linux.futex.RobustList;
import io.hyperlight.internal.linux.signal.SignalDelivery;
import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.time.TaskWaits;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.Context;

/** A task: one thread of a process, with its context. */
public final class Task {
  private final GuestProcess process;
  private final TaskIdentity identity;
  private final Context context;
  private final CallOutcome outcome = new CallOutcome();
  private final TaskSignals signals;
  private final SignalDelivery delivery;
  private final TaskWaits waits;
  private final TaskWait waiting;
  private final FutexTask futexes;
  private final RobustList robustList = new RobustList();
  private final Caller caller;

  /** Creates a task. */
  public Task(GuestProcess process, TaskIdentity identity) {
    this.process = process;
    this.identity = identity;
    World world = process.world();
    context = world.context();
    signals = new TaskSignals(process.signals(), process.limits(), identity, outcome);
    delivery = new SignalDelivery(signals, process.bytes(), context, world.checkpoint(), outcome);
    waits = new TaskWaits(world.waits(), process.usage(), outcome);
    waiting = new TaskWait(world.timers(), _ -> world.scheduler().woken(this));
    process.begins(this);
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
  public Context context() {
    return context;
  }

  /** Returns what happens to the task after its system call. */
  public CallOutcome outcome() {
    return outcome;
  }

  public TaskSignals signals() {
    return signals;
  }

  public SignalDelivery delivery() {
    return delivery;
  }

  /** Returns what decides where the task would have to wait. */
  public TaskWaits waits() {
    return waits;
  }

  /** Returns what the task waits for in its system call. */
  public TaskWait waiting() {
    return waiting;
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
}

package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.Context;

/** A task: one thread of a process, with the context that it runs in. */
final class Task {
  private final GuestProcess process;
  private final TaskIdentity identity;
  private final Context machine;
  private final CallOutcome outcome = new CallOutcome();
  private final TaskSignals signals;
  private final SignalDelivery delivery;
  private final WaitQueue waits;
  private final RobustList robustList = new RobustList();
  private final Caller caller;

  /** A new task. */
  Task(GuestProcess process, TaskIdentity identity) {
    this.process = process;
    this.identity = identity;
    World world = process.world();
    machine = world.machine();
    signals = new TaskSignals(process.signals(), process.limits(), identity, outcome);
    delivery = new SignalDelivery(signals, process.bytes(), machine, world.checkpoint(), outcome);
    waits = new WaitQueue(machine, world.clock(), process.usage(), outcome);
    caller = new Caller(signals, waits, process.fileSize(), world.checkpoint());
  }

  GuestProcess process() {
    return process;
  }

  World world() {
    return process.world();
  }

  /** What it and its process are called. */
  TaskIdentity identity() {
    return identity;
  }

  /** The machine whose context it runs in. */
  Context machine() {
    return machine;
  }

  /** What becomes of it behind the system call that it makes. */
  CallOutcome outcome() {
    return outcome;
  }

  TaskSignals signals() {
    return signals;
  }

  SignalDelivery delivery() {
    return delivery;
  }

  /** What it asks where it would have to wait. */
  WaitQueue waits() {
    return waits;
  }

  RobustList robustList() {
    return robustList;
  }

  /** What the files that it uses need of it. */
  Caller caller() {
    return caller;
  }
}

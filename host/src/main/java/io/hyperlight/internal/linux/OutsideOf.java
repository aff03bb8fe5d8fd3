package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.OutsideEvents;
import io.hyperlight.internal.linux.task.World;

/** Connects standard input with the scheduler of a world. */
final class OutsideOf implements StandardStreams.Outside {
  private final World world;
  private final GuestProcess process;

  OutsideOf(World world, GuestProcess process) {
    this.world = world;
    this.process = process;
  }

  @Override
  public boolean hasSeveralTasks() {
    return process.tasks().count() > 1;
  }

  @Override
  public void expect() {
    world.scheduler().outside().expect();
  }

  @Override
  public void post(Runnable reaction) {
    OutsideEvents events = world.scheduler().outside();
    events.post(() -> {
      events.unexpect();
      reaction.run();
    });
  }
}

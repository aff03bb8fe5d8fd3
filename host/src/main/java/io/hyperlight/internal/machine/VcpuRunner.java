package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.StackRoom;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a vCPU for a call: on the thread of the call, on one that takes turns where that is virtual,
 * or on one of its own. Keeps the exit that nobody has looked at yet.
 *
 * <p>For one thread at a time.
 */
final class VcpuRunner {
  private final Processor processor;
  private final VirtualCpu vcpu;
  private final Exits exits;
  private final PhysicalMemory memory;
  private final Call.Run run;
  private final IntSupplier runForOther = this::runForOther;
  private final BooleanSupplier isStopped = this::isStopped;
  private final Runnable whenInterrupted;
  private final CurrentCall call;

  /** The thread that only the vCPU has, if it has one. */
  private final @Nullable VcpuThread ownThread;

  private final VcpuKicker kicker;

  /** The thread that ran the vCPU last. */
  private KickSignal.@Nullable Target lastTarget;

  private @Nullable Throwable failure;

  /**
   * For one vCPU.
   *
   * @param call what it runs for
   * @param ownThread whether it is to have a thread of its own
   */
  VcpuRunner(
      Processor processor,
      Exits exits,
      PhysicalMemory memory,
      CurrentCall call,
      boolean ownThread) {
    this.processor = processor;
    this.exits = exits;
    this.memory = memory;
    vcpu = processor.vcpu();
    run = vcpu::run;
    this.ownThread = ownThread ? new VcpuThread(vcpu) : null;
    kicker = new VcpuKicker(this.ownThread);
    this.call = call;
    whenInterrupted = call::callerInterrupted;
  }

  VirtualCpu vcpu() {
    return vcpu;
  }

  Exits exits() {
    return exits;
  }

  /** The thread that only the vCPU has; there is one. */
  VcpuThread ownThread() {
    return Objects.requireNonNull(ownThread);
  }

  boolean hasOwnThread() {
    return ownThread != null;
  }

  /** Says which calls the vCPU runs for from now on. */
  void runFor(Call next) {
    call.set(next);
    next.runBy(kicker);
  }

  /** What to do when the thread of the call is interrupted while it waits for another one. */
  Runnable whenInterrupted() {
    return whenInterrupted;
  }

  // The run.

  /**
   * Runs the vCPU once, on a platform thread.
   *
   * @return 0, an error number or {@link Call#STOPPED}
   */
  int run() {
    return Thread.currentThread().isVirtual() ? runElsewhere() : runHere(false);
  }

  private int runElsewhere() {
    StackRoom.require(); // for cancelling and awaiting what has been handed over
    VcpuThreads.Run handedOver = new VcpuThreads.Run(runForOther, whenInterrupted);
    Call running = call.get();
    if (running == null) {
      return VcpuThreads.run(handedOver, isStopped);
    }
    running.setQueued(handedOver);
    try {
      return VcpuThreads.run(handedOver, isStopped);
    } finally {
      running.setQueued(null);
    }
  }

  private boolean isStopped() {
    Call running = call.get();
    return running != null && running.isStopped();
  }

  private int runForOther() {
    return runHere(true);
  }

  private int runHere(boolean forOther) {
    Call running = call.get();
    if (running == null) {
      return vcpu.run();
    }
    KickSignal.Target target = KickSignal.target(lastTarget);
    lastTarget = target;
    vcpu.setSignalMask(target.maskOfVcpus());
    return forOther ? running.runForOther(target, run) : running.run(target, run);
  }

  /**
   * Waits for a vCPU that runs on its own thread.
   *
   * @param exchange does so
   * @return what that has returned, or {@link Call#STOPPED}
   */
  int await(Call.Run exchange) {
    Call running = call.get();
    return running == null ? exchange.run() : running.run(ownThread().target(), exchange);
  }

  // The exit.

  /** Whether the vCPU has exited and nobody has looked at why. It does not run then. */
  boolean isExitUnseen() {
    return vcpu.isExitUnseen();
  }

  /** Says that somebody has looked, and that KVM has nothing left to do for this exit. */
  void exitSeen() {
    vcpu.exitSeen();
  }

  /** Whether the vCPU has exited because there is no room to report written pages. */
  boolean isTrackerFull() {
    return vcpu.isTrackerFull();
  }

  /**
   * Collects the written pages that are reported.
   *
   * @return false if that has {@linkplain #failure failed}: pages that the guest wrote would be
   *     overlooked from now on
   */
  boolean makeRoom() {
    try {
      memory.makeRoomForTracker();
      return true;
    } catch (RuntimeException | Error e) {
      failure = e;
      return false;
    }
  }

  /**
   * Lets KVM finish what the vCPU has exited for, if nobody has looked at that: in the middle of an
   * instruction, memory and registers would be written by the next KVM_RUN, whoever has them then.
   *
   * @return whether the state of the vCPU is known
   */
  boolean settle() {
    if (!vcpu.isExitUnseen()) {
      return true;
    }
    if (vcpu.isTrackerFull()) {
      memory.makeRoomForTracker();
    } else if (!exits.isRest()) {
      processor.disturb();
      if (!exits.complete()) {
        return false;
      }
    }
    vcpu.exitSeen();
    return true;
  }

  /** Says that there is more to put back now than memory and general registers. */
  void disturb() {
    processor.disturb();
  }

  /** Says that KVM_RUN has failed. */
  void failed(int error) {
    processor.disturb();
    failure = vcpu.failedRun(error);
  }

  /** Throws what the hypervisor has failed with. */
  RuntimeException failure() {
    Throwable last = failure;
    failure = null;
    if (last instanceof Error e) {
      throw e;
    }
    return last instanceof RuntimeException e ? e : new IllegalStateException("no failure");
  }
}

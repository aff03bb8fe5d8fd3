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
 * Runs a vCPU for a call: on the thread of the call, on one that takes turns if that is virtual, or
 * on a thread of its own. It remembers whether the last exit was handled.
 *
 * <p>Only one thread at a time may use it.
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

  /** The thread that only this vCPU has, if it has one. */
  private final @Nullable VcpuThread ownThread;

  /** The thread of a team that runs this vCPU, if one does. */
  private @Nullable VcpuHost member;

  private final VcpuKicker kicker;

  /** The thread that ran the vCPU last. */
  private KickSignal.@Nullable Target lastTarget;

  private @Nullable Throwable failure;

  /**
   * Makes the runner of one vCPU.
   *
   * @param call for which it runs
   * @param ownThread whether it gets a thread of its own
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

  /** Returns the thread that only this vCPU has. There must be one. */
  VcpuThread ownThread() {
    return Objects.requireNonNull(ownThread);
  }

  /** Makes a thread of a team run the vCPU. Only that thread calls {@link #run}. */
  void useMember(VcpuHost thread) {
    member = thread;
  }

  @Nullable VcpuHost member() {
    return member;
  }

  VcpuKicker kicker() {
    return kicker;
  }

  boolean hasOwnThread() {
    return ownThread != null;
  }

  /** Sets the object for the calls that the vCPU runs from now on. */
  void runFor(Call next) {
    call.set(next);
    next.runBy(kicker);
  }

  /**
   * Returns what to do when the thread of the call is interrupted while it waits for another
   * thread.
   */
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
    VcpuHost ofTeam = member;
    if (ofTeam != null) {
      return ofTeam.run(run);
    }
    return Thread.currentThread().isVirtual() ? runElsewhere() : runHere(false);
  }

  private int runElsewhere() {
    int result;
    do {
      result = handOver();
      // A thread that has stopped the call before this one may be late, and end this run instead.
    } while (result == Call.STOPPED && !isStopped());
    return result;
  }

  private int handOver() {
    StackRoom.require(); // to cancel or await a run that was handed over
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
   * @param exchange waits
   * @return the result of {@code exchange}, or {@link Call#STOPPED}
   */
  int await(Call.Run exchange) {
    Call running = call.get();
    return running == null ? exchange.run() : running.run(ownThread().target(), exchange);
  }

  // The exit.

  /** Returns whether the vCPU has exited and the exit was not handled yet. It does not run then. */
  boolean isExitUnseen() {
    return vcpu.isExitUnseen();
  }

  /** Records that the exit was handled, and that KVM has nothing left to do for it. */
  void exitSeen() {
    vcpu.exitSeen();
  }

  /** Returns whether the vCPU has exited because there is no room to report written pages. */
  boolean isTrackerFull() {
    return vcpu.isTrackerFull();
  }

  /**
   * Collects the reported written pages.
   *
   * @return false if that has {@linkplain #failure failed}; from then on, pages that the guest
   *     wrote would be overlooked
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
   * Lets KVM finish what the vCPU exited for, if the exit was not handled. In the middle of an
   * instruction, the next KVM_RUN would write memory and registers, although they may belong to
   * another guest by then.
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

  /** Records that a restore now has to reset more than memory and general registers. */
  void disturb() {
    processor.disturb();
  }

  /** Records that KVM_RUN has failed. */
  void failed(int error) {
    processor.disturb();
    failure = vcpu.failedRun(error);
  }

  /** Returns the failure of the hypervisor, and forgets it. An {@link Error} is thrown instead. */
  RuntimeException failure() {
    Throwable last = failure;
    failure = null;
    if (last instanceof Error e) {
      throw e;
    }
    return last instanceof RuntimeException e ? e : new IllegalStateException("no failure");
  }
}

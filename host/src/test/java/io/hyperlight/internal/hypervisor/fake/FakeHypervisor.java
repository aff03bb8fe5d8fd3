package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.os.Errno;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A hypervisor whose guests do again what they did in a recording. Machines are made in the order
 * of the recording; whoever makes or runs more than it has is told so.
 *
 * <p>It refuses what KVM refuses, with the same error numbers, and what the interfaces forbid and
 * KVM would let pass: a run with an exit that nobody has looked at, the view of registers while the
 * CPU runs, a machine that is closed before its CPU.
 */
public final class FakeHypervisor implements X86Hypervisor {
  private final Recording recording;

  /** By the number of a run: the error that it fails with, 0 for none. */
  private IntUnaryOperator failures = _ -> 0;

  private int vms;
  private int runs;
  private int open;
  private boolean closed;

  public FakeHypervisor(Recording recording) {
    this.recording = recording;
  }

  /** One that knows no runs: its machines can be set up and refuse things. */
  public static FakeHypervisor withoutRuns() {
    return new FakeHypervisor(new Recording());
  }

  /**
   * Makes runs fail, which do not count as those of the recording.
   *
   * @param errors by the number of the run, counted from now on
   */
  public void failRuns(IntUnaryOperator errors) {
    failures = errors;
    runs = 0;
  }

  /** The error number of the next run; 0 if it is one of the recording's. */
  int nextFailure() {
    return failures.applyAsInt(runs++);
  }

  /** How often somebody wanted a run since the start or {@link #failRuns}. */
  public int runs() {
    return runs;
  }

  /** How many runs there are to replay. */
  public int recordedRuns() {
    return recording.runs();
  }

  void opened() {
    open++;
  }

  void closed() {
    open--;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public String version() {
    return "fake";
  }

  @Override
  public List<String> capabilities() {
    return List.of();
  }

  @Override
  public boolean offers(DirtyTracking tracking) {
    return recording.offers.getOrDefault(tracking, tracking == DirtyTracking.NONE);
  }

  @Override
  public FakeVm createVm(DirtyTracking tracking) {
    if (closed) {
      throw new FakeCallException("createVm", Errno.EBADF);
    }
    if (tracking == DirtyTracking.RING && !offers(tracking)) {
      throw new FakeCallException("createVm", Errno.EINVAL);
    }
    Recording.Vm recorded = vms < recording.vms.size() ? recording.vms.get(vms) : null;
    if (recorded != null && recorded.tracking != tracking) {
      throw new IllegalStateException(
          "machine %d was made with tracking %s: record anew".formatted(vms, recorded.tracking));
    }
    vms++;
    return new FakeVm(this, recorded == null ? new Recording.Cpu() : recorded.cpu, tracking);
  }

  @Override
  public Cpuid supportedCpuid() {
    return (function, index, output) ->
        recording.cpuid.getOrDefault(new Recording.Leaf(function, index, output), 0);
  }

  @Override
  public void close() {
    if (open != 0) {
      throw new IllegalStateException(open + " machines and CPUs are open");
    }
    closed = true;
  }
}

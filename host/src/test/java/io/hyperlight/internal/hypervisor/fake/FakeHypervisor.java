package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.os.Errno;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A hypervisor whose guests repeat what they did in a recording. Machines are made in the order of
 * the recording. A test that makes or runs more than the recording has gets an error.
 *
 * <p>It refuses what KVM refuses, with the same error numbers. It also refuses calls that the
 * interfaces forbid and KVM would allow: a run with an exit that was not handled, the view of
 * registers while the CPU runs, and closing a machine before its CPU.
 */
public final class FakeHypervisor implements X86Hypervisor {
  private final Recording recording;

  /** Maps the number of a run to the error with which it fails, 0 for none. */
  private IntUnaryOperator failures = _ -> 0;

  private int vms;
  private int runs;
  private int open;
  private boolean closed;

  public FakeHypervisor(Recording recording) {
    this.recording = recording;
  }

  /** Returns a fake without runs. Tests can set up its machines, and see what they refuse. */
  public static FakeHypervisor withoutRuns() {
    return new FakeHypervisor(new Recording());
  }

  /**
   * Makes runs fail. They do not count as runs of the recording.
   *
   * @param errors by the number of the run, counted from now on
   */
  public void failRuns(IntUnaryOperator errors) {
    failures = errors;
    runs = 0;
  }

  /** Returns the error number of the next run, or 0 if it is one of the recording's. */
  int nextFailure() {
    return failures.applyAsInt(runs++);
  }

  /** Returns how many runs were asked for since the start or {@link #failRuns}. */
  public int runs() {
    return runs;
  }

  /** Returns how many runs there are to replay. */
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

package io.hyperlight;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.Hypervisor;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.HypervisorMissingException;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.machine.SelfTest;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds out whether this machine, process and JVM can run sandboxes, and if not, what to do about
 * it. {@code ./hyperlight doctor} prints the result. It is also useful at the start of a service.
 */
public final class Diagnosis {
  /**
   * The result of one check.
   *
   * @param subject what was checked
   * @param passed whether the check passed
   * @param detail what was found; if the check did not pass, also what to do
   */
  public record Check(String subject, boolean passed, String detail) {}

  private final List<Check> checks;

  private Diagnosis(List<Check> checks) {
    this.checks = List.copyOf(checks);
  }

  /**
   * Runs the basic checks, up to the first failure that makes the others meaningless. Takes some
   * milliseconds.
   *
   * @return the results
   */
  public static Diagnosis run() {
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("Java", true, Runtime.version() + " on " + System.getProperty("os.arch")));
    try (Hypervisor kvm = HostPlatform.openHypervisor()) {
      checks.add(new Check(kvm.name(), true, kvm.version()));
      checks.add(new Check("KVM capabilities", true, String.join(", ", kvm.capabilities())));
      Platform platform = HostPlatform.get();
      checks.add(new Check("micro-VM", true, platform.describe()));
      checks.add(new Check("snapshots", true, platform.describeTracking()));
      checks.add(
          new Check(
              "time-stamp counter",
              true,
              platform.hidesTimeStampCounter()
                  ? "can be kept from guests"
                  : "cannot be kept from guests on this KVM"));
    } catch (HypervisorMissingException e) {
      checks.add(failed(HostPlatform.DEVICE, e));
    } catch (MachineUnsupportedException e) {
      checks.add(failed("processor", e));
    } catch (HypervisorCallException e) {
      checks.add(failed("micro-VM", e));
    }
    return new Diagnosis(checks);
  }

  /**
   * Runs a short conformance test of this machine's KVM: whether it does what sandboxes rely on.
   * Use it on machines that are untested. Takes a fraction of a second.
   *
   * @return the results: first of the basic checks, then one for each thing tried
   */
  public static Diagnosis selfTest() {
    Diagnosis basics = run();
    if (!basics.passed()) {
      return basics;
    }
    List<Check> checks = new ArrayList<>(basics.checks);
    Platform platform = HostPlatform.get();
    checks.add(new Check("Linux", true, System.getProperty("os.version", "")));
    checks.add(new Check("processor", true, platform.describeProcessor()));
    try {
      for (SelfTest.Result result : SelfTest.run(platform)) {
        String problem = result.problem();
        checks.add(new Check(result.name(), problem == null, problem == null ? "" : problem));
      }
    } catch (HypervisorCallException e) {
      checks.add(failed("self-test", e));
    }
    return new Diagnosis(checks);
  }

  private static Check failed(String subject, RuntimeException e) {
    return new Check(subject, false, String.valueOf(e.getMessage()));
  }

  /** {@return the results, in the order of the checks} */
  public List<Check> checks() {
    return checks;
  }

  /** {@return whether this machine, process and JVM can run sandboxes} */
  public boolean passed() {
    return checks.stream().allMatch(Check::passed);
  }
}

package io.hyperlight;

import io.hyperlight.internal.hypervisor.kvm.Capability;
import io.hyperlight.internal.hypervisor.kvm.Kvm;
import io.hyperlight.internal.hypervisor.kvm.KvmException;
import io.hyperlight.internal.hypervisor.kvm.KvmUnavailableException;
import io.hyperlight.internal.machine.Hypervisor;
import io.hyperlight.internal.machine.MachineUnsupportedException;
import io.hyperlight.internal.machine.SelfTest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds out whether this machine, process and JVM can run sandboxes, and if not, what to do about
 * it. What {@code ./hyperlight doctor} prints; useful at the start of a service, too.
 */
public final class Diagnosis {
  /**
   * One thing that was looked at.
   *
   * @param subject what it is
   * @param passed whether it is as it should be
   * @param detail what was found; if it did not pass, with what to do
   */
  public record Check(String subject, boolean passed, String detail) {}

  private final List<Check> checks;

  private Diagnosis(List<Check> checks) {
    this.checks = List.copyOf(checks);
  }

  /**
   * Looks at everything, up to the first thing that makes the others meaningless. Takes some
   * milliseconds.
   *
   * @return what was found
   */
  public static Diagnosis run() {
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("Java", true, Runtime.version() + " on " + System.getProperty("os.arch")));
    try (Kvm kvm = Kvm.open()) {
      checks.add(new Check(Kvm.DEVICE, true, "API version " + kvm.getApiVersion()));
      checks.add(new Check("KVM capabilities", true, capabilities(kvm)));
      Hypervisor hypervisor = Hypervisor.get();
      checks.add(new Check("micro-VM", true, hypervisor.describe()));
      checks.add(new Check("snapshots", true, hypervisor.describeTracking()));
      checks.add(
          new Check(
              "time-stamp counter",
              true,
              hypervisor.hidesTimeStampCounter()
                  ? "can be kept from guests"
                  : "cannot be kept from guests on this KVM"));
    } catch (KvmUnavailableException e) {
      checks.add(failed(Kvm.DEVICE, e));
    } catch (MachineUnsupportedException e) {
      checks.add(failed("processor", e));
    } catch (KvmException e) {
      checks.add(failed("micro-VM", e));
    }
    return new Diagnosis(checks);
  }

  /**
   * Runs a short conformance set on this machine's KVM: whether it does what sandboxes rely on. For
   * machines that nobody has tested yet. Takes a fraction of a second.
   *
   * @return what was found, first about the machine, then one check for each thing tried
   */
  public static Diagnosis selfTest() {
    Diagnosis basics = run();
    if (!basics.passed()) {
      return basics;
    }
    List<Check> checks = new ArrayList<>(basics.checks);
    Hypervisor hypervisor = Hypervisor.get();
    checks.add(new Check("Linux", true, System.getProperty("os.version", "")));
    checks.add(new Check("processor", true, hypervisor.describeProcessor()));
    try {
      for (SelfTest.Result result : SelfTest.run(hypervisor)) {
        String problem = result.problem();
        checks.add(new Check(result.name(), problem == null, problem == null ? "" : problem));
      }
    } catch (KvmException e) {
      checks.add(failed("self-test", e));
    }
    return new Diagnosis(checks);
  }

  private static String capabilities(Kvm kvm) {
    return Stream.of(Capability.values())
        .filter(capability -> kvm.checkExtension(capability) != 0)
        .map(capability -> capability.name().replace("KVM_CAP_", ""))
        .collect(Collectors.joining(", "));
  }

  private static Check failed(String subject, RuntimeException e) {
    return new Check(subject, false, String.valueOf(e.getMessage()));
  }

  /** {@return what was looked at, in order} */
  public List<Check> checks() {
    return checks;
  }

  /** {@return whether sandboxes can be built} */
  public boolean passed() {
    return checks.stream().allMatch(Check::passed);
  }
}

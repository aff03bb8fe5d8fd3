package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.HypervisorMissingException;

/** A program for a JVM of its own. It opens the device twice and prints the results. */
final class OpenKvm {
  private OpenKvm() {}

  public static void main(String[] arguments) {
    for (int i = 0; i < 2; i++) {
      try (Kvm kvm = Kvm.open()) {
        System.out.println("API version " + kvm.getApiVersion());
      } catch (HypervisorMissingException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}

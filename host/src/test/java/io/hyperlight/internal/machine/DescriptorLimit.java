package io.hyperlight.internal.machine;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.HypervisorMissingException;
import io.hyperlight.internal.hypervisor.kvm.Kvm;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.testing.Descriptors;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A program for a JVM of its own with a low limit of open files. It creates machines until there
 * are no descriptors left, and prints what happens.
 */
final class DescriptorLimit {
  private static final long MEMORY = 1 << 20;

  private DescriptorLimit() {}

  public static void main(String[] arguments) {
    Platform platform = HostPlatform.get();
    System.out.println("none: " + Descriptors.ofKvm());
    // Without descriptors the JVM cannot load classes. So this loads those of a failure before.
    platform.create(MEMORY).close();
    tryOne(() -> platform.create(PhysicalMemory.PAGE_SIZE));
    tryOne(() -> HostDescriptors.open("/does/not/exist", HostDescriptors.O_RDWR));
    tryOne(() -> Kvm.open().close());
    System.out.println(Descriptors.ofKvm() + message(new IllegalStateException("loaded")));

    Deque<Vm> machines = new ArrayDeque<>();
    String refusal = fill(platform, machines);
    // First one descriptor for a VM and none for its vCPU, and then none at all.
    machines.pop().close(); // leaves enough descriptors to fill again
    Deque<Integer> others = new ArrayDeque<>();
    String lastFile = fillButOne(others);
    String withOne = tryOne(() -> platform.create(MEMORY));
    others.push(HostDescriptors.open("/dev/null", HostDescriptors.O_RDWR));
    String withNone = tryOne(() -> platform.create(MEMORY));
    String opening = tryOne(() -> Kvm.open().close());
    others.forEach(HostDescriptors::close);

    System.out.println("first refusal: " + refusal);
    System.out.println("opening: " + opening);
    System.out.println("last file: " + lastFile);
    System.out.println("one left: " + withOne);
    System.out.println("none left: " + withNone);
    int alive = machines.size();
    System.out.println("leaked: " + (Descriptors.ofKvm().getOrDefault("open kvm-vm", 0) - alive));
    machines.forEach(Vm::close);
    platform.create(MEMORY).close();
    System.out.println("all closed: " + Descriptors.ofKvm());
  }

  private static String fill(Platform platform, Deque<Vm> machines) {
    String refusal;
    do {
      refusal = tryOne(() -> machines.push(platform.create(MEMORY)));
    } while (refusal.equals("nothing thrown"));
    return refusal;
  }

  private static String fillButOne(Deque<Integer> others) {
    String refusal;
    do {
      refusal =
          tryOne(() -> others.push(HostDescriptors.open("/dev/null", HostDescriptors.O_RDWR)));
    } while (refusal.equals("nothing thrown"));
    HostDescriptors.close(others.pop());
    return refusal;
  }

  private static String tryOne(Runnable action) {
    try {
      action.run();
      return "nothing thrown";
    } catch (HypervisorCallException
        | HypervisorMissingException
        | SystemCallException
        | GuestMemoryExhaustedException e) {
      return message(e);
    }
  }

  private static String message(RuntimeException e) {
    return String.valueOf(e.getMessage());
  }
}

package io.hyperlight.internal.host;

import io.hyperlight.internal.hypervisor.kvm.Kvm;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.os.StackRoom;
import org.jspecify.annotations.Nullable;

/**
 * The platform of this process: KVM, opened and probed once. The code that makes the first machine
 * gets the platform here and passes it on. Safe for use by many threads.
 */
public final class HostPlatform {
  /** The device that {@link #openHypervisor} opens. */
  public static final String DEVICE = Kvm.DEVICE;

  private static @Nullable Platform instance;

  /** The probe of this machine whose result is not known yet; null if none runs. */
  private static @Nullable FirstLook<Platform> look;

  private HostPlatform() {}

  /**
   * Returns the platform, and opens it at the first call. A failure is not remembered, so a later
   * call succeeds once the cause is repaired.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorMissingException if KVM cannot be used
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if it fails
   * @throws io.hyperlight.internal.machine.arch.MachineUnsupportedException if it does not behave
   *     as any variant of the monitor needs
   */
  public static synchronized Platform get() {
    Platform known = instance;
    if (known == null) {
      StackRoom.require(); // the initialisers that run below need it, too
      FirstLook<Platform> looking = look;
      if (looking == null) {
        looking = FirstLook.start(() -> Platform.of(openHypervisor()));
        look = looking; // the next caller finds it if an error ends this wait
      }
      looking.await();
      look = null;
      known = looking.result();
      instance = known;
    }
    return known;
  }

  /**
   * Opens the hypervisor once more, to inspect it.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorMissingException if it cannot be used
   */
  public static X86Hypervisor openHypervisor() {
    return Kvm.open();
  }
}

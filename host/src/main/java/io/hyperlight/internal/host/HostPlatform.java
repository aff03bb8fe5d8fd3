package io.hyperlight.internal.host;

import io.hyperlight.internal.hypervisor.kvm.Kvm;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.os.StackRoom;
import org.jspecify.annotations.Nullable;

/**
 * The platform of this process: KVM, opened and probed once. Whoever makes the first machine asks
 * for it here and hands it down. Safe for use by many threads.
 */
public final class HostPlatform {
  /** What {@link #openHypervisor} opens. */
  public static final String DEVICE = Kvm.DEVICE;

  private static @Nullable Platform instance;

  /** The look at this machine that nobody knows the result of yet. */
  private static @Nullable FirstLook<Platform> look;

  private HostPlatform() {}

  /**
   * The platform, opened at the first call. A failure is not remembered: what was mended is
   * noticed.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorMissingException if KVM cannot be used
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if it fails
   * @throws io.hyperlight.internal.machine.arch.MachineUnsupportedException if it does not behave
   *     as any variant of the monitor needs
   */
  public static synchronized Platform get() {
    Platform known = instance;
    if (known == null) {
      StackRoom.require(); // also for the initialisers of the classes that come first
      FirstLook<Platform> looking = look;
      if (looking == null) {
        looking = FirstLook.start(() -> Platform.of(openHypervisor()));
        look = looking; // also for the next caller, should an error end the wait of this one
      }
      looking.await();
      look = null;
      known = looking.result();
      instance = known;
    }
    return known;
  }

  /**
   * Opens the hypervisor once more, for a look at it.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorMissingException if it cannot be used
   */
  public static X86Hypervisor openHypervisor() {
    return Kvm.open();
  }
}

package io.hyperlight.internal.machine;

import io.hyperlight.internal.host.HostPlatform;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/** Makes the process find out again what its KVM can do. */
public final class PlatformReset {
  private PlatformReset() {}

  /** Closes the platform. The next sandbox opens it again. */
  public static void reset() {
    try {
      Field signal = KickSignal.class.getDeclaredField("number");
      signal.setAccessible(true);
      signal.setInt(null, 0);
      Field instance = HostPlatform.class.getDeclaredField("instance");
      instance.setAccessible(true);
      @Nullable Object open = instance.get(null);
      instance.set(null, null);
      if (open instanceof Platform platform) {
        platform.hypervisor().close();
      }
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Finds out everything. */
  public static void probe() {
    HostPlatform.get().tracking();
    HostPlatform.get().guestProcessor();
  }
}

package io.hyperlight.internal.hypervisor.kvm;

import java.util.Arrays;
import java.util.List;

/** The names of KVM's ioctls. */
public final class IoctlNames {
  private IoctlNames() {}

  /** Returns all names. */
  public static List<String> all() {
    return Arrays.stream(Ioctl.values()).map(Ioctl::name).toList();
  }

  /** Returns the name of one of this library's requests. */
  public static String of(long request) {
    return Arrays.stream(Ioctl.values())
        .filter(ioctl -> ioctl.request == request)
        .findFirst()
        .orElseThrow()
        .name();
  }
}

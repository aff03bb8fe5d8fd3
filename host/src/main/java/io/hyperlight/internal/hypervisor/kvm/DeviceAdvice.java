package io.hyperlight.internal.hypervisor.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says what to do about a device that cannot be opened. The advice depends on the device's
 * permissions, the user and groups of this process, and whether it runs in a container. Joining a
 * group helps only where the group may open the device.
 */
final class DeviceAdvice {
  private static final int READ_WRITE = 06;

  /** The value of {@code user.name} in Java if the user has no known name. */
  private static final String NO_NAME = "?";

  /**
   * The permissions of the device.
   *
   * @param mode its permission bits
   * @param owner the user's name, or number
   * @param group the group's name, or number
   */
  record Device(String path, int mode, int userId, int groupId, String owner, String group) {}

  /**
   * The process that wants to open the device.
   *
   * @param user the name
   * @param groupIds the effective group and the supplementary ones
   * @param inContainer whether a container decides which devices there are
   */
  record Caller(String user, int userId, Set<Integer> groupIds, boolean inContainer) {}

  private static final List<Path> CONTAINER_FILES =
      List.of(Path.of("/.dockerenv"), Path.of("/run/.containerenv"));

  private static final List<String> CONTAINER_GROUPS =
      List.of("docker", "kubepods", "containerd", "libpod", "lxc", "crio");

  private DeviceAdvice() {}

  /** Returns what to do if the device does not exist. */
  static String ifMissing() {
    return isInContainer()
        ? "this is a container: start it with --device /dev/kvm (docker, podman), or mount the"
            + " device into it (Kubernetes: a device plugin). If the host itself has none: "
        : "";
  }

  /** Returns what to do if the kernel refuses to open the device. */
  static String ifRefused(String path) {
    Device device = device(path);
    return device == null
        ? "its permissions cannot be read: ask the owner of the device for access"
        : ifRefused(device, process());
  }

  static String ifRefused(Device device, Caller process) {
    String who =
        "it belongs to user %s and group %s with mode %04o"
            .formatted(device.owner(), device.group(), device.mode());
    if (process.userId() == 0 || permits(device, process)) {
      return process.inContainer()
          ? who
              + ", which allows access, so the container refuses it: start it with --device "
              + device.path()
          : who
              + ", which allows access, so a security module (SELinux, AppArmor) or a control group"
              + " of devices refuses it";
    }
    boolean isOfAGroup = allows(device.mode() >> 3) && device.groupId() != 0;
    if (process.inContainer()) {
      return isOfAGroup
          ? who
              + ": start the container with --group-add %d --device %s"
                  .formatted(device.groupId(), device.path())
          : who
              + ": on the host, %s; then start the container with --device %s and --group-add"
                  .formatted(openToGroup(device), device.path())
              + " and the number of that group, or run in it as user "
              + device.userId();
    }
    return isOfAGroup
        ? who
            + ": add the user to its group (usermod -aG %s %s, then log in again)"
                .formatted(device.group(), process.user())
        : who
            + ", so joining a group does not help: %s; then add the user to that group"
                .formatted(openToGroup(device))
            + " (usermod -aG kvm %s, then log in again), or run as user %s"
                .formatted(process.user(), device.owner());
  }

  private static String openToGroup(Device device) {
    return "as root, give it to a group (chgrp kvm %s && chmod 660 %s; permanently, by a udev rule: KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0660\")"
        .formatted(device.path(), device.path());
  }

  /**
   * Returns whether the permission bits let the process open the device. As in the kernel, the
   * first class that fits decides: owner, group, others.
   */
  private static boolean permits(Device device, Caller process) {
    if (process.userId() == device.userId()) {
      return allows(device.mode() >> 6);
    }
    return allows(
        process.groupIds().contains(device.groupId()) ? device.mode() >> 3 : device.mode());
  }

  private static boolean allows(int bits) {
    return (bits & READ_WRITE) == READ_WRITE;
  }

  private static @Nullable Device device(String path) {
    try {
      Path file = Path.of(path);
      Map<String, Object> numbers = Files.readAttributes(file, "unix:mode,uid,gid,owner,group");
      return new Device(
          path,
          number(numbers, "mode") & 07777,
          number(numbers, "uid"),
          number(numbers, "gid"),
          String.valueOf(numbers.get("owner")),
          String.valueOf(numbers.get("group")));
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }

  private static int number(Map<String, Object> numbers, String name) {
    return numbers.get(name) instanceof Integer number ? number : -1;
  }

  private static Caller process() {
    int user = -1;
    Set<Integer> groups = Set.of();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        // The real, effective, saved and file system user ID.
        if (line.startsWith("Uid:")) {
          user = Integer.parseInt(line.split("\\s+", -1)[2]);
        } else if (line.startsWith("Gid:") || line.startsWith("Groups:")) {
          groups =
              Stream.concat(
                      groups.stream(),
                      Stream.of(line.split("\\s+", -1)).skip(1).map(Integer::parseUnsignedInt))
                  .collect(Collectors.toUnmodifiableSet());
        }
      }
    } catch (IOException | NumberFormatException e) {
      // User and groups stay unknown, and the advice is the general one.
    }
    String name = System.getProperty("user.name", NO_NAME);
    return new Caller(name.equals(NO_NAME) ? "USER" : name, user, groups, isInContainer());
  }

  /**
   * Returns whether this process runs in a container, as far as a process can see that from the
   * inside.
   */
  static boolean isInContainer() {
    if (CONTAINER_FILES.stream().anyMatch(Files::exists)
        || System.getenv("KUBERNETES_SERVICE_HOST") != null
        || System.getenv("container") != null) {
      return true;
    }
    try {
      String groups = Files.readString(Path.of("/proc/1/cgroup"));
      return CONTAINER_GROUPS.stream().anyMatch(groups::contains);
    } catch (IOException e) {
      return false;
    }
  }
}

package io.hyperlight.internal.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.kvm.DeviceAdvice.Caller;
import io.hyperlight.internal.hypervisor.kvm.DeviceAdvice.Device;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The advice about a device depends on its mode, owner and group. */
class DeviceAdviceTest {
  private static final int KVM_GROUP = 108;

  private static final Device OF_ROOT = new Device("/dev/kvm", 0600, 0, 0, "root", "root");
  private static final Device OF_ROOTS_GROUP = new Device("/dev/kvm", 0660, 0, 0, "root", "root");
  private static final Device OF_GROUP = new Device("/dev/kvm", 0660, 0, KVM_GROUP, "root", "kvm");
  private static final Device FOR_ALL = new Device("/dev/kvm", 0666, 0, KVM_GROUP, "root", "kvm");

  private static String advice(Device device, boolean inContainer, Integer... groups) {
    return DeviceAdvice.ifRefused(device, new Caller("ann", 1000, Set.of(groups), inContainer));
  }

  @Test
  void aDeviceOfAGroupIsOpenToThoseWhoJoin() {
    assertThat(advice(OF_GROUP, false, 1000))
        .isEqualTo(
            "it belongs to user root and group kvm with mode 0660: add the user to its group"
                + " (usermod -aG kvm ann, then log in again)");
  }

  @Test
  void nobodyIsSentToAGroupThatMayNotOpenTheDevice() {
    for (Device device : new Device[] {OF_ROOT, OF_ROOTS_GROUP}) {
      assertThat(advice(device, false, 1000))
          .contains("joining a group does not help: as root, give it to a group (chgrp kvm")
          .contains("with mode 0" + Integer.toOctalString(device.mode()));
      assertThat(advice(device, true, 1000))
          .contains("on the host, as root, give it to a group")
          .contains("--device /dev/kvm");
    }
  }

  @Test
  void aContainerIsToldItsOptions() {
    assertThat(advice(OF_GROUP, true, 1000))
        .endsWith("start the container with --group-add 108 --device /dev/kvm");
  }

  @Test
  void whereThePermissionsWouldDoSomethingElseRefuses() {
    for (Device device : new Device[] {FOR_ALL, OF_GROUP}) {
      assertThat(advice(device, false, KVM_GROUP)).contains("a security module");
      assertThat(advice(device, true, KVM_GROUP)).endsWith("start it with --device /dev/kvm");
    }
    Caller root = new Caller("root", 0, Set.of(0), true);
    assertThat(DeviceAdvice.ifRefused(OF_ROOT, root)).endsWith("start it with --device /dev/kvm");
  }

  @Test
  void theFirstClassThatFitsDecidesAsForTheKernel() {
    Device ofOwner = new Device("/dev/kvm", 0066, 1000, KVM_GROUP, "ann", "kvm");
    assertThat(advice(ofOwner, false, KVM_GROUP)).contains("usermod -aG kvm ann");
    Device notForMembers = new Device("/dev/kvm", 0606, 0, KVM_GROUP, "root", "kvm");
    assertThat(advice(notForMembers, false, KVM_GROUP)).contains("joining a group does not help");
  }
}

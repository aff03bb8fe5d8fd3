package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DescriptorLimitTest {
  @Test
  void aMachineThatFindsNoDescriptorNamesTheLimitAndLeavesNothingOpen() {
    Map<String, String> said = runWithLimit(100);
    String cure = "failed: EMFILE (Too many open files). Raise the limit (ulimit -n)";
    assertThat(said.get("first refusal")).contains(cure);
    assertThat(said.get("last file")).contains("open(/dev/null) failed: EMFILE");
    assertThat(said.get("one left")).startsWith("KVM_CREATE_VCPU " + cure);
    assertThat(said.get("none left")).startsWith("KVM_CREATE_VM " + cure);
    assertThat(said.get("opening")).contains("/dev/kvm").contains("ulimit -n");
    assertThat(said.get("leaked")).isEqualTo("0");
    assertThat(said.get("all closed")).isEqualTo(said.get("none")).isEqualTo("{open kvm=1}");
  }

  private static Map<String, String> runWithLimit(int descriptors) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("bash", "-c", "ulimit -n " + descriptors + " && exec \"$@\"", "bash"));
    command.addAll(
        ChildJvm.commandLine(DescriptorLimit.class, List.of("--enable-native-access=ALL-UNNAMED")));
    return Command.run(command).valuesOfSuccess();
  }
}

package io.hyperlight.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.linux.trace.CallSignature;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.List;
import org.junit.jupiter.api.Test;

@NotInHardwareLane("No VM takes part.")
class CallSignaturesTest {
  /** Names that the kernel reserves for system calls that it does not implement. */
  private static final List<String> UNIMPLEMENTED =
      List.of(
          "afs_syscall",
          "create_module",
          "epoll_ctl_old",
          "epoll_wait_old",
          "getpmsg",
          "nfsservctl",
          "putpmsg",
          "query_module",
          "security",
          "tuxcall",
          "vserver");

  @Test
  void everySystemCallHasOneButThoseThatAreNames() {
    assertThat(
            SystemCallTable.calls().stream()
                .filter(call -> call.arguments() == null)
                .map(SystemCall::name))
        .containsExactlyInAnyOrderElementsOf(UNIMPLEMENTED);
  }

  @Test
  void noCallHasMoreArgumentsThanThereAreRegisters() {
    assertThat(
            SystemCallTable.calls().stream()
                .map(SystemCall::arguments)
                .filter(text -> text != null)
                .map(text -> CallSignature.parse(text).arguments().size()))
        .hasSizeGreaterThan(340)
        .allMatch(count -> count <= 6);
  }

  @Test
  void anyNumberMayBeAskedFor() {
    for (long number : new long[] {-1, Long.MIN_VALUE, 400, SystemCallTable.END, 1L << 32}) {
      assertThat(SystemCallTable.of(number)).isNull();
    }
  }
}

package io.hyperlight.linux;

import io.hyperlight.testing.NotInHardwareLane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that go through all that a family of system calls can be asked find the same in a
 * sandbox as natively.
 */
@NotInHardwareLane("It compares with a kernel that the machine in the lane need not have.")
class LinuxComparisonTest {
  /** With how many lines each prints at least, so that none of them compares nothing. */
  @ParameterizedTest
  @CsvSource({
    "signals.c, 900",
    "futex.c, 4000",
    "poll.c, 400",
    "limits.c, 480",
    "process.c, 1200",
    "procfiles.c, 180",
    "procself.c, 150"
  })
  void aProgramSeesTheSame(String file, int lines) {
    LinuxTwin.of(file).assertSame(lines);
  }

  @Test
  void aProgramReadsItsOwnFileAlsoWhereSomethingHidesIt() {
    LinuxTwin.of("procself.c").assertSameWithoutItsFile(150);
  }
}

package io.hyperlight.linux;

import io.hyperlight.testing.NotInHardwareLane;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs try all arguments of a family of system calls. The results in a sandbox equal the native
 * ones.
 */
@NotInHardwareLane("It compares with a kernel that the machine in the lane need not have.")
@Tag("slow")
class LinuxComparisonTest {
  /** Each with the minimum number of lines that it prints, so that no comparison is empty. */
  @ParameterizedTest
  @CsvSource({
    "signals.c, 900",
    "futex.c, 4000",
    "clone.c, 60",
    "threads.c, 15",
    "futex_threads.c, 150",
    "futex_locks.c, 150",
    "signals_threads.c, 50",
    "threads_proc.c, 60",
    "waiting_threads.c, 85",
    "changed_arguments.c, 26",
    "read_arguments.c, 20",
    "poll.c, 400",
    "timers.c, 500",
    "timerfds.c, 150",
    "limits.c, 480",
    "process.c, 1200",
    "procfiles.c, 180",
    "procself.c, 150"
  })
  void aProgramSeesTheSame(String file, int lines) {
    LinuxTwin.of(file).assertSame(lines);
  }

  /**
   * On Linux, waiters that are moved keep their order if both words happen to have the same hash,
   * which depends on where the memory is. So one of several native runs has to be the same.
   */
  @Test
  void randomFutexesDoTheSame() {
    LinuxTwin.of("futex_random.c").assertSameAsOneOf(4, 480);
  }

  @Test
  void aProgramReadsItsOwnFileAlsoWhereSomethingHidesIt() {
    LinuxTwin.of("procself.c").assertSameWithoutItsFile(150);
  }
}

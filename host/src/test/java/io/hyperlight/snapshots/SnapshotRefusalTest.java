package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a snapshot has and its file cannot hold is refused by name, and nothing is written. */
class SnapshotRefusalTest {
  private static final Path FOLDER = TemporaryFolder.create("refusal");
  private static final Path FILE = FOLDER.resolve("file");

  private static void assertRefused(Sandbox sandbox, String guestHas) throws IOException {
    try (Snapshot snapshot = sandbox.snapshot()) {
      assertThatThrownBy(() -> snapshot.save(FILE))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("its guest " + guestHas + ", and a snapshot file cannot hold")
          .hasMessageEndingWith("spawn sandboxes from the snapshot in this process");
      try (Stream<Path> left = Files.list(FOLDER)) {
        assertThat(left).isEmpty();
      }
      snapshot.spawn().close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "epoll_create1,      291,  0,       0, 0, 0, has other descriptors than a new program",
    "eventfd2,           290,  7,       0, 0, 0, has other descriptors than a new program",
    "timerfd_create,     283,  1,       0, 0, 0, has other descriptors than a new program",
    "close,              3,    1,       0, 0, 0, has other descriptors than a new program",
    "alarm,              37,   100,     0, 0, 0, has timers",
    "timer_create,       222,  1,       0, AREA, 0, has timers",
    "rt_sigprocmask,     14,   0,       AREA, 0, 8, 'has signal handlers, or other settings of a"
        + " thread than a new program'",
    "prctl(PR_SET_NAME), 157,  15,      AREA, 0, 0, 'has signal handlers, or other settings of a"
        + " thread than a new program'",
    "prctl(DUMPABLE),    157,  4,       0, 0, 0, has other settings of a process than a new"
        + " program",
    "mmap,               9,    1048576, 4096, 3, 50, 'has mappings of its own'",
  })
  void aGuestWithMoreThanItsMemoryIsRefused(
      String name, long number, long first, String second, String third, long fourth, String has)
      throws IOException {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).build()) {
      RawSystemCalls calls = new RawSystemCalls(sandbox);
      long area = calls.area();
      calls.poke(area + 1, 2); // SIGUSR1, or a name without characters
      long result =
          calls.call(
              number,
              first,
              value(second, area),
              value(third, area),
              fourth,
              name.equals("mmap") ? -1 : 0);
      assertThat(result).as(name).isGreaterThanOrEqualTo(0);
      assertRefused(sandbox, has);
    }
  }

  private static long value(String text, long area) {
    return text.equals("AREA") ? area : Long.parseLong(text);
  }

  @Test
  void aGuestThatIsAsNewIsSaved() throws IOException {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).build()) {
      RawSystemCalls calls = new RawSystemCalls(sandbox);
      long descriptor = calls.call(291);
      assertThat(descriptor).isPositive();
      assertThat(calls.call(3, descriptor)).isZero();
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(FILE);
      }
      Files.delete(FILE);
    }
  }

  /** A thread that yields for ever. */
  private static final String THREAD =
      """
      #include <hyperlight.h>

      static char stack[4096] __attribute__((aligned(16)));

      HL_EXPORT(int64_t, start)
      int64_t start(void)
      {
          int64_t result = 56; /* clone, of a thread */
          __asm__ volatile("syscall; test %%rax, %%rax; jnz 2f; 1: mov $24, %%eax; syscall; jmp 1b; 2:"
                           : "+a"(result) : "D"(0x50f00), "S"(stack + sizeof stack), "d"(0)
                           : "rcx", "r11", "r8", "r9", "r10", "memory");
          return result;
      }
      """;

  @Test
  void aGuestWithAThreadIsRefused() throws IOException {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(THREAD)).build()) {
      assertThat(sandbox.<Long>call("start", long.class)).isPositive();
      assertRefused(sandbox, "has had threads");
    }
  }

  @Test
  void aGuestWithALibcIsRefused() throws IOException {
    try (Sandbox sandbox =
        Sandbox.builder(
                CompiledGuest.withLibc(
                    """
                    #include <hyperlight.h>
                    HL_EXPORT(int, one)
                    int one(void) { return 1; }
                    """))
            .build()) {
      assertRefused(sandbox, "uses a libc");
    }
  }
}

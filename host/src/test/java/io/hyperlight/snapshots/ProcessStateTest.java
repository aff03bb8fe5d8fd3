package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.GuestAbortException;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process says about itself belongs to its guest's state; timers are refused aloud. */
class ProcessStateTest {
  private static final String PROGRAM =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <hyperlight.h>
      #include <sched.h>
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <sys/prctl.h>
      #include <sys/resource.h>
      #include <sys/syscall.h>
      #include <sys/time.h>
      #include <time.h>
      #include <unistd.h>

      static char text[1000];

      static void number(const char *what, long value)
      {
          char piece[60];
          snprintf(piece, sizeof piece, " %s %ld", what, value);
          strcat(text, piece);
      }

      HL_EXPORT(void, configure, int)
      void configure(int way)
      {
          struct rlimit limit;
          getrlimit(RLIMIT_NOFILE, &limit);
          limit.rlim_cur = 20 + way;
          setrlimit(RLIMIT_NOFILE, &limit);
          getrlimit(RLIMIT_CORE + way, &limit);
          limit.rlim_cur = limit.rlim_max = 0;
          setrlimit(RLIMIT_CORE + way, &limit);
          getrlimit(RLIMIT_FSIZE, &limit);
          limit.rlim_cur = 100 + way;
          setrlimit(RLIMIT_FSIZE, &limit);
          setpriority(PRIO_PROCESS, 0, 3 + way);
          sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
          syscall(SYS_ioprio_set, 1, 0, 2 << 13 | way);
          prctl(PR_SET_NAME, way ? "other" : "one");
          prctl(PR_SET_DUMPABLE, 0);
          prctl(PR_SET_TIMERSLACK, 1000 + way);
          syscall(SYS_set_robust_list, text + way, 24);
          syscall(SYS_membarrier, 16, 0, 0);
          sigset_t all;
          sigfillset(&all);
          sigprocmask(SIG_SETMASK, &all, NULL);
          for (int i = 0; i < 3; i++) {
              sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 10 * way + i});
          }
          kill(getpid(), SIGUSR1);
          raise(SIGUSR2);
      }

      /* Changes nothing. */
      HL_EXPORT(hl_string, configuration)
      hl_string configuration(void)
      {
          struct rlimit limit;
          text[0] = 0;
          getrlimit(RLIMIT_NOFILE, &limit);
          number("files", limit.rlim_cur);
          getrlimit(RLIMIT_FSIZE, &limit);
          number("size", limit.rlim_cur);
          int last = dup(1);
          int next;
          while ((next = dup(1)) >= 0) {
              last = next;
          }
          number("last", last);
          for (int i = 3; i <= last; i++) {
              close(i);
          }
          number("nice", getpriority(PRIO_PROCESS, 0));
          number("policy", sched_getscheduler(0));
          number("io", syscall(SYS_ioprio_get, 1, 0));
          char name[17] = "";
          prctl(PR_GET_NAME, name);
          strcat(text, " ");
          strcat(text, name);
          number("dumpable", prctl(PR_GET_DUMPABLE));
          number("slack", prctl(PR_GET_TIMERSLACK));
          char *head;
          size_t size;
          syscall(SYS_get_robust_list, 0, &head, &size);
          number("robust", head == text ? 1 : head == text + 1 ? 2 : 0);
          number("barrier", syscall(SYS_membarrier, 8, 0, 0));
          return hl_from_cstring(text);
      }

      HL_EXPORT(hl_string, pending)
      hl_string pending(void)
      {
          sigset_t all;
          siginfo_t info;
          int signal;
          text[0] = 0;
          sigfillset(&all);
          while ((signal = sigtimedwait(&all, &info, &(struct timespec){0})) > 0) {
              number("signal", signal);
              number("code", info.si_code);
              number("value", signal > 31 ? info.si_value.sival_int : 0);
          }
          return hl_from_cstring(text);
      }

      HL_EXPORT(void, timer, int)
      void timer(int kind)
      {
          long result = kind == 0 ? (int)alarm(1)
              : kind == 1 ? setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {1, 0}}, NULL)
              : timer_create(CLOCK_MONOTONIC, NULL, &(timer_t){0});
          if (result == -1 && errno == ENOSYS) {
              abort();
          }
      }

      HL_EXPORT(long, processor_nanos)
      long processor_nanos(void)
      {
          struct timespec time;
          clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
          return time.tv_sec * 1000000000 + time.tv_nsec;
      }

      HL_EXPORT(long, compute, long)
      long compute(long nanos)
      {
          long begin = processor_nanos();
          while (processor_nanos() - begin < nanos) {
          }
          return processor_nanos();
      }

      HL_EXPORT(long, peak, int)
      long peak(int megabytes)
      {
          struct rusage usage;
          size_t size = ((size_t)megabytes << 20) + 4096;
          void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          getrusage(RUSAGE_SELF, &usage);
          munmap(block, size);
          return usage.ru_maxrss;
      }

      /* Computes so long without asking, by the time that passes. */
      HL_EXPORT(long, compute_unseen, long)
      long compute_unseen(long nanos)
      {
          struct timespec begin, now;
          clock_gettime(CLOCK_MONOTONIC, &begin);
          do {
              clock_gettime(CLOCK_MONOTONIC, &now);
          } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < nanos);
          return processor_nanos();
      }
      """;

  private static final String INITIAL =
      " files 256 size -1 last 255 nice 0 policy 0 io 0 guest dumpable 1 slack 50000 robust 0"
          + " barrier -1";
  private static final String ONE_WAY =
      " files 20 size 100 last 19 nice 3 policy 3 io 16384 one dumpable 0 slack 1000 robust 1"
          + " barrier 0";
  private static final String OTHER_WAY =
      " files 21 size 101 last 20 nice 4 policy 3 io 16385 other dumpable 0 slack 1001 robust 2"
          + " barrier 0";
  private static final String ONE_PENDING =
      " signal 12 code 0 value 0 signal 10 code 0 value 0 signal 35 code -1 value 0"
          + " signal 35 code -1 value 1 signal 35 code -1 value 2";

  private final Sandbox sandbox = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  private static String configuration(Sandbox of) {
    return of.call("configuration", String.class);
  }

  private static String pending(Sandbox of) {
    return of.call("pending", String.class);
  }

  @Test
  void limitsPrioritiesNamesAndQueuedSignalsGoBackWithARestore() {
    assertThat(configuration(sandbox)).isEqualTo(INITIAL);
    try (Snapshot before = sandbox.snapshot()) {
      sandbox.call("configure", void.class, 0);
      assertThat(configuration(sandbox)).isEqualTo(ONE_WAY);
      try (Snapshot after = sandbox.snapshot();
          Sandbox spawned = after.spawn()) {
        assertThat(configuration(spawned)).isEqualTo(ONE_WAY);
        assertThat(pending(spawned)).isEqualTo(ONE_PENDING);
        assertThat(pending(spawned)).isEmpty();
        spawned.restore(after);
        assertThat(pending(spawned)).isEqualTo(ONE_PENDING);
        spawned.restore(before);
        assertThat(configuration(spawned)).isEqualTo(INITIAL);
        assertThat(pending(spawned)).isEmpty();
        spawned.call("configure", void.class, 1);
        assertThat(configuration(spawned)).isEqualTo(OTHER_WAY);
        spawned.restore(after);
        assertThat(configuration(spawned)).isEqualTo(ONE_WAY);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aTimerIsRefusedWithADiagnosis(int kind) {
    assertThatThrownBy(() -> sandbox.call("timer", void.class, kind))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("guest needs timers that send signals");
    assertThat(sandbox.refusedSystemCalls()).hasSize(1);
  }

  @Test
  void processorTimeGoesOnFromTheSnapshot() {
    long before = sandbox.call("compute", long.class, 20_000_000L);
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      assertThat(spawned.<Long>call("processor_nanos", long.class)).isGreaterThanOrEqualTo(before);
      long later = sandbox.call("compute", long.class, 40_000_000L);
      assertThat(later).isGreaterThanOrEqualTo(before + 40_000_000L);
      sandbox.restore(snapshot);
      assertThat(sandbox.<Long>call("processor_nanos", long.class))
          .isGreaterThanOrEqualTo(before)
          .isLessThan(later);
    }
  }

  @Test
  void processorTimeCountsWhatACallHasUsedBeforeItAsks() {
    long before = sandbox.call("processor_nanos", long.class);

    assertThat(sandbox.<Long>call("compute_unseen", long.class, 30_000_000L))
        .isGreaterThan(before + 10_000_000L);
  }

  @Test
  void theMostMemoryThatWasUsedGrowsWithItAndGoesBackWithARestore() {
    long little = sandbox.call("peak", long.class, 0);
    try (Snapshot snapshot = sandbox.snapshot()) {
      long much = sandbox.call("peak", long.class, 8);
      assertThat(much).isBetween(little + 8_000, little + 9_000);
      assertThat(sandbox.<Long>call("peak", long.class, 0)).isEqualTo(much);
      sandbox.restore(snapshot);
      assertThat(sandbox.<Long>call("peak", long.class, 0)).isBetween(little, little + 1000);
    }
  }

  @Test
  void processorTimeIsThatOfTheEmbeddersClock() {
    Clock frozen = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    try (Sandbox still = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).clock(frozen).build()) {
      long first = still.call("processor_nanos", long.class);
      assertThat(still.<Long>call("processor_nanos", long.class)).isEqualTo(first);
    }
  }
}

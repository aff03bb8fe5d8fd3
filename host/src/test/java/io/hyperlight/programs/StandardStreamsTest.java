package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.GuestAbortException;
import io.hyperlight.GuestDeadlockException;
import io.hyperlight.GuestExitException;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxUnusableException;
import io.hyperlight.Snapshot;
import io.hyperlight.SystemCall;
import io.hyperlight.testing.CompiledGuest;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The three descriptors that a program begins with, the ways it can end, and who hears of it. */
class StandardStreamsTest {
  private static final String PROGRAM =
      """
      #define _GNU_SOURCE
      #include <assert.h>
      #include <errno.h>
      #include <fcntl.h>
      #include <hyperlight.h>
      #include <linux/futex.h>
      #include <poll.h>
      #include <pthread.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/socket.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/uio.h>
      #include <time.h>
      #include <unistd.h>

      static char text[1000];

      static void answer(const char *what, long result)
      {
          int error = errno;
          size_t length = strlen(text);
          snprintf(text + length, sizeof text - length, "%s %s %ld", length ? "," : "", what, result < 0 ? -error : result);
      }

      static hl_string answers(void)
      {
          return hl_from_cstring(text + 1);
      }

      HL_EXPORT(void, print_both)
      void print_both(void)
      {
          printf("out ");
          fflush(stdout);
          fprintf(stderr, "err ");
          struct iovec parts[] = {{"ga", 2}, {NULL, 0}, {"thered", 6}};
          writev(1, parts, 3);
          dup2(2, 1);
          write(1, "moved", 5);
      }

      HL_EXPORT(hl_string, descriptors)
      hl_string descriptors(void)
      {
          text[0] = 0;
          char buffer[10];
          struct stat status;
          answer("read", read(0, buffer, sizeof buffer));
          answer("read of output", read(1, buffer, sizeof buffer));
          answer("write to input", write(0, "", 1));
          answer("write to none", write(3, "", 1));
          answer("write from nowhere", write(1, (void *)1, 1));
          answer("write of nothing", write(1, buffer, 0));
          answer("fstat", fstat(1, &status));
          answer("is a pipe", S_ISFIFO(status.st_mode));
          answer("fstat of none", fstat(7, &status));
          answer("lseek", lseek(1, 0, SEEK_CUR));
          answer("isatty", isatty(1) - 1);
          answer("dup", dup(1));
          answer("dup2 above", dup2(1, 3));
          answer("dup2 to itself", dup2(1, 1));
          answer("dup2 of none", dup2(5, 1));
          answer("dup3 to itself", dup3(1, 1, 0));
          answer("flags", fcntl(1, F_GETFL));
          answer("flags of input", fcntl(0, F_GETFL));
          answer("F_DUPFD", fcntl(1, F_DUPFD, 1));
          answer("fcntl 99", fcntl(1, 99, 0));
          answer("close", close(0));
          answer("close again", close(0));
          answer("read of closed", read(0, buffer, 1));
          answer("dup", dup(2));
          answer("write", write(0, "x", 1));
          answer("close", close(-1));
          return answers();
      }

      HL_EXPORT(hl_string, vectors)
      hl_string vectors(void)
      {
          text[0] = 0;
          struct iovec parts[] = {{"a", 1}, {(void *)1, 5}, {"b", 1}};
          answer("short", writev(1, parts, 3));
          answer("bad first", writev(1, parts + 1, 2));
          answer("bad table", writev(1, (void *)8, 1));
          answer("too many", writev(1, parts, 1025));
          answer("negative", writev(1, parts, -1));
          parts[0].iov_len = (size_t)-1;
          answer("negative size", writev(1, parts, 1));
          return answers();
      }

      HL_EXPORT(hl_string, polls)
      hl_string polls(void)
      {
          text[0] = 0;
          struct pollfd all[] = {{1, POLLOUT, 0}, {9, POLLOUT, 0}, {-1, POLLIN, 7}};
          answer("ready", poll(all, 3, -1));
          answer("output", all[0].revents == POLLOUT);
          answer("none", all[1].revents == POLLNVAL);
          answer("skipped", all[2].revents);
          struct pollfd end = {0, POLLIN, 0};
          answer("end of input", poll(&end, 1, -1) == 1 && (end.revents & POLLHUP));
          struct pollfd never = {1, POLLIN, 0};
          answer("at once", poll(&never, 1, 0));
          answer("soon", poll(&never, 1, 1));
          answer("bad", poll((void *)8, 1, 0));
          answer("too many", poll(all, 257, 0));
          return answers();
      }

      HL_EXPORT(void, end, hl_string, int)
      void end(hl_string how, int status)
      {
          fprintf(stderr, "last words\\n");
          if (!strcmp(how.data, "exit")) {
              exit(status);
          } else if (!strcmp(how.data, "_exit")) {
              _exit(status);
          } else if (!strcmp(how.data, "abort")) {
              abort();
          } else if (!strcmp(how.data, "assert")) {
              assert(status == 4711);
          }
      }

      HL_EXPORT(void, print_and_abort_later, bool)
      void print_and_abort_later(bool abort_now)
      {
          if (abort_now) {
              abort();
          }
          fprintf(stderr, "of another call\\n");
      }

      static void *nothing(void *argument)
      {
          return argument;
      }

      HL_EXPORT(int, need, hl_string)
      int need(hl_string what)
      {
          pthread_t thread;
          if (!strcmp(what.data, "thread")) {
              return pthread_create(&thread, NULL, nothing, NULL);
          } else if (!strcmp(what.data, "fork")) {
              return fork() == -1 ? errno : 0;
          } else if (!strcmp(what.data, "socket")) {
              return socket(AF_INET, SOCK_STREAM, 0) == -1 ? errno : 0;
          }
          return 0;
      }

      HL_EXPORT(void, need_and_abort, hl_string)
      void need_and_abort(hl_string what)
      {
          if (need(what) != 0) {
              abort();
          }
      }

      HL_EXPORT(void, hang, hl_string)
      void hang(hl_string how)
      {
          static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
          static int word;
          struct pollfd never = {1, POLLIN, 0};
          if (!strcmp(how.data, "futex")) {
              syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
          } else if (!strcmp(how.data, "mutex")) {
              pthread_mutex_lock(&mutex);
              pthread_mutex_lock(&mutex);
          } else if (!strcmp(how.data, "pause")) {
              pause();
          } else if (!strcmp(how.data, "poll")) {
              poll(&never, 1, -1);
          }
      }

      HL_EXPORT(int, futexes)
      int futexes(void)
      {
          static int word;
          struct timespec soon = {.tv_nsec = 1000};
          text[0] = 0;
          return syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN
              && syscall(SYS_futex, &word, FUTEX_WAIT, 0, &soon, NULL, 0) == -1 && errno == ETIMEDOUT
              && syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0
              && syscall(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINVAL
              && syscall(SYS_futex, 8l, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EFAULT;
      }

      HL_EXPORT(int64_t, numbered, int64_t)
      int64_t numbered(int64_t number)
      {
          return syscall(number, 1l, 2l, 3l) == -1 ? -errno : 0;
      }
      """;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final List<SystemCall> calls = new ArrayList<>();
  private final Sandbox sandbox =
      Sandbox.builder(
              CompiledGuest.withLibc(
                  // Wrong arguments are what it is about.
                  PROGRAM, "-Wno-stringop-overread", "-Wno-stringop-overflow"))
          .hostPrint(new PrintStream(output, true, UTF_8))
          .hostError(new PrintStream(errors, true, UTF_8))
          .systemCallListener(calls::add)
          .build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  @Test
  void outputAndErrorsGoTheirOwnWays() {
    sandbox.call("print_both", void.class);
    assertThat(output.toString(UTF_8)).isEqualTo("out gathered");
    assertThat(errors.toString(UTF_8)).isEqualTo("err moved");
  }

  @Test
  void descriptorsGoBackWithARestore() {
    try (Snapshot snapshot = sandbox.snapshot()) {
      sandbox.call("print_both", void.class);
      try (Snapshot moved = sandbox.snapshot();
          Sandbox spawned = moved.spawn()) {
        spawned.call("print_both", void.class);
        assertThat(errors.toString(UTF_8)).isEqualTo("err movedout err gatheredmoved");
      }
      sandbox.close();
      errors.reset();
      output.reset();
      try (Sandbox spawned = snapshot.spawn()) {
        spawned.call("print_both", void.class);
        spawned.restore(snapshot);
        spawned.call("print_both", void.class);
      }
      assertThat(output.toString(UTF_8)).isEqualTo("out gatheredout gathered");
    }
  }

  @Test
  void descriptorsAnswerAsInTheManual() {
    assertThat(sandbox.<String>call("descriptors", String.class).strip())
        .isEqualTo(
            "read 0, read of output -9, write to input -9, write to none -9,"
                + " write from nowhere -14, write of nothing 0, fstat 0, is a pipe 1,"
                + " fstat of none -9, lseek -29, isatty -25, dup 3, dup2 above 3,"
                + " dup2 to itself 1, dup2 of none -9, dup3 to itself -22, flags 1,"
                + " flags of input 0, F_DUPFD 4, fcntl 99 -22, close 0, close again -9,"
                + " read of closed -9, dup 0, write 1, close -9");
    assertThat(errors.toString(UTF_8)).isEqualTo("x");
  }

  @Test
  void partsAreGatheredAsFarAsTheyCanBe() {
    assertThat(sandbox.<String>call("vectors", String.class).strip())
        .isEqualTo(
            "short 1, bad first -14, bad table -14, too many -22, negative -22,"
                + " negative size -22");
    assertThat(output.toString(UTF_8)).isEqualTo("a");
  }

  @Test
  void pollTellsWhatIsReady() {
    assertThat(sandbox.<String>call("polls", String.class).strip())
        .isEqualTo(
            "ready 2, output 1, none 1, skipped 0, end of input 1, at once 0, soon 0, bad -14,"
                + " too many -22");
  }

  @ParameterizedTest
  @CsvSource({"exit, 0, 0", "exit, 3, 3", "_exit, 255, 255", "exit, 256, 0", "_exit, -1, 255"})
  void anExitTellsItsStatusAndLastWords(String how, int status, int told) {
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, status))
        .isInstanceOfSatisfying(
            GuestExitException.class, exit -> assertThat(exit.status()).isEqualTo(told))
        .hasMessage("the guest exited with status %d: last words", told);
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, status))
        .isInstanceOf(SandboxUnusableException.class);
  }

  @ParameterizedTest
  @CsvSource({"abort, last words", "assert, Assertion `status == 4711' failed."})
  void anAbortTellsItsLastWords(String how, String told) {
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, 1))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining(told);
  }

  @Test
  void wordsOfAnotherCallAreNotItsLast() {
    sandbox.call("print_and_abort_later", void.class, false);
    assertThatThrownBy(() -> sandbox.call("print_and_abort_later", void.class, true))
        .isInstanceOf(GuestAbortException.class)
        .hasMessage("the guest aborted: killed by SIGABRT");
  }

  @Test
  void aStartThatFailsTellsItsStatus() {
    Guest guest =
        CompiledGuest.withLibc(
            """
            #include <hyperlight.h>
            #include <stdio.h>
            HL_EXPORT(void, f)
            void f(void) {}
            int main(void)
            {
                fprintf(stderr, "cannot start\\n");
                return 3;
            }
            """);
    assertThatThrownBy(() -> Sandbox.builder(guest).build())
        .isInstanceOfSatisfying(
            GuestExitException.class, exit -> assertThat(exit.status()).isEqualTo(3))
        .hasMessageContaining("cannot start");
  }

  @ParameterizedTest
  @CsvSource({
    "thread, guest needs threads (clone)",
    "fork, guest needs other processes (clone)",
    "socket, guest needs a network (socket)",
  })
  void anAbortTellsWhatTheGuestDidNotGet(String what, String told) {
    assertThat(sandbox.<Integer>call("need", int.class, what)).isPositive();
    assertThatThrownBy(() -> sandbox.call("need_and_abort", void.class, what))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining(told);
    assertThatThrownBy(() -> sandbox.call("need", int.class, what))
        .isInstanceOf(SandboxUnusableException.class)
        .hasMessageContaining(told);
  }

  @ParameterizedTest
  @ValueSource(strings = {"futex", "mutex", "pause", "poll"})
  void whatWouldWaitForEverEnds(String how) {
    assertThatThrownBy(() -> sandbox.call("hang", void.class, how))
        .isInstanceOf(GuestDeadlockException.class)
        .hasMessageContaining("the guest can never go on: it waits for");
  }

  @Test
  void aFutexThatNeedNotWaitDoesNot() {
    assertThat(sandbox.<Integer>call("futexes", int.class)).isEqualTo(1);
  }

  @Test
  void refusedCallsAreCountedByName() {
    assertThat(sandbox.refusedSystemCalls()).doesNotContainKey("socket");
    sandbox.call("need", int.class, "socket");
    sandbox.call("need", int.class, "socket");
    assertThat(sandbox.<Long>call("numbered", long.class, 101L)).isEqualTo(-1); // ptrace
    for (long none : new long[] {400, 100_000, Long.MAX_VALUE, -5}) {
      assertThat(sandbox.<Long>call("numbered", long.class, none)).isEqualTo(-38);
    }
    Map<String, Long> refused = sandbox.refusedSystemCalls();
    assertThat(refused).containsEntry("socket", 2L).containsEntry("ptrace", 1L);
    assertThat(refused.values().stream().mapToLong(Long::longValue).sum())
        .isGreaterThanOrEqualTo(7);
    assertThat(refused).hasSizeLessThan(10);
  }

  @Test
  void theListenerHearsOfEachCallWithItsAnswer() {
    calls.clear();
    sandbox.call("numbered", long.class, 400L);
    assertThat(calls).hasSize(1);
    assertThat(calls.getFirst().name()).isEqualTo("system call 400");
    assertThat(calls.getFirst().arguments()).hasSize(6).startsWith(1L, 2L, 3L);
    assertThat(calls.getFirst().result()).isEqualTo(-38);
    calls.clear();
    assertThatThrownBy(() -> sandbox.call("end", void.class, "_exit", 1))
        .isInstanceOf(GuestExitException.class);
    assertThat(calls).extracting(SystemCall::name).containsExactly("write", "exit_group");
  }
}

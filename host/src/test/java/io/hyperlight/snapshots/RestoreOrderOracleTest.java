package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.internal.linux.SystemCallParts;
import io.hyperlight.internal.restore.Omission;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Leaves out each part of a restore in turn and checks that the difference is found. So each part
 * of the list is needed, and if one is lost, a test fails.
 */
@Tag("dirty-tracking")
class RestoreOrderOracleTest {
  private static final long GROWTH = 64 << 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  // Linux system calls (arch/x86/entry/syscalls/syscall_64.tbl).
  private static final int MMAP = 9;
  private static final int BRK = 12;
  private static final int RT_SIGPROCMASK = 14;
  private static final int DUP = 32;
  private static final int NANOSLEEP = 35;
  private static final int GETRLIMIT = 97;
  private static final int GETPRIORITY = 140;
  private static final int SETPRIORITY = 141;
  private static final int PRCTL = 157;
  private static final int SETRLIMIT = 160;
  private static final int SET_ROBUST_LIST = 273;
  private static final int GET_ROBUST_LIST = 274;
  private static final int TIMER_CREATE = 222;
  private static final int CLOCK_GETTIME = 228;
  private static final int GETRANDOM = 318;
  private static final int NO_SYSTEM_CALL = 5000;

  private static final int STDOUT = 1;
  private static final int READ_WRITE = 3;
  private static final int SHARED_ANONYMOUS = 0x21;
  private static final int RLIMIT_NOFILE = 7;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;

  /** Something that is dirtied, restored and looked at. */
  private interface Scenario {
    /**
     * Returns what differs from a new one, in words; empty if nothing does.
     *
     * @param of the order and the part that the restore leaves out; null for none
     */
    List<String> differences(@Nullable Part of);
  }

  private record Part(String order, String name) {
    Omission<?, ?> leaveOut() {
      return new Omission<>(Objects.requireNonNull(Machines.restoreOrders().get(order)), name);
    }
  }

  private static Instance instanceOf(Sandbox sandbox) {
    return SandboxInternals.instanceOf(sandbox);
  }

  private static void restore(@Nullable Part without, Runnable restore) {
    if (without == null) {
      restore.run();
      return;
    }
    try (Omission<?, ?> _ = without.leaveOut()) {
      restore.run();
    }
  }

  /** A guest with functions that makes system calls and dirties its memory and registers. */
  private static final class Functions implements Scenario {
    private final boolean exitless;

    Functions(boolean exitless) {
      this.exitless = exitless;
    }

    private Sandbox create(AtomicLong seconds) {
      Sandbox.Builder builder =
          Sandbox.builder(RawSystemCalls.GUEST)
              .clock(() -> Instant.ofEpochSecond(seconds.get()))
              .limits(Limits.NONE.withCallTimeout(TIMEOUT))
              .randomSeed(1);
      return (exitless ? builder.exitless() : builder).build();
    }

    @Override
    public List<String> differences(@Nullable Part without) {
      AtomicLong seconds = new AtomicLong(1000);
      try (Sandbox original = create(seconds);
          Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn();
          Sandbox newborn = snapshot.spawn()) {
        dirty(sandbox, seconds);
        restore(without, () -> sandbox.restore(snapshot));
        List<String> differences = new ArrayList<>();
        differences.addAll(new ResetOracle(snapshot).differencesInHost(sandbox));
        // First: the rest makes system calls itself.
        differences.addAll(unequal(hostsView(newborn), hostsView(sandbox)));
        differences.addAll(unequal(guestsView(newborn), guestsView(sandbox)));
        sandbox.restore(snapshot);
        if (without != null && differences.isEmpty()) {
          dirty(sandbox, seconds);
          restore(without, () -> sandbox.restore(snapshot));
          differences.addAll(new ResetOracle(snapshot).leaksOf(sandbox));
        }
        return differences;
      } catch (RuntimeException | Error e) {
        return List.of("thrown: " + e);
      }
    }

    private static List<String> unequal(List<String> expected, List<String> actual) {
      return IntStream.range(0, expected.size())
          .filter(i -> !expected.get(i).equals(actual.get(i)))
          .mapToObj(i -> actual.get(i) + " instead of " + expected.get(i))
          .toList();
    }

    private void dirty(Sandbox sandbox, AtomicLong seconds) {
      RawSystemCalls calls = new RawSystemCalls(sandbox);
      long area = calls.area();
      calls.call(BRK, calls.call(BRK, 0) + 8192);
      calls.call(DUP, STDOUT);
      assertThat(calls.call(MMAP, 0, 4096, READ_WRITE, SHARED_ANONYMOUS, -1, 0)).isPositive();
      calls.call(CLOCK_GETTIME, CLOCK_MONOTONIC, area);
      seconds.addAndGet(1000);
      calls.call(CLOCK_GETTIME, CLOCK_MONOTONIC, area);
      calls.call(CLOCK_GETTIME, CLOCK_PROCESS_CPUTIME_ID, area);
      calls.call(GETRANDOM, area, 8, 0);
      calls.poke(area, 4);
      calls.call(RT_SIGPROCMASK, 0, area, 0, 8);
      calls.call(PRCTL, PR_SET_DUMPABLE, 0);
      for (int i = 0; i < 16; i++) {
        calls.poke(area + i, i == 0 ? 100 : i == 8 ? 200 : 0);
      }
      assertThat(calls.call(SETRLIMIT, RLIMIT_NOFILE, area)).isZero();
      assertThat(calls.call(SETPRIORITY, 0, 0, 5)).isZero();
      for (int i = 0; i < 16; i++) {
        calls.poke(area + i, i == 9 ? 1 : 0);
      }
      assertThat(calls.call(NANOSLEEP, area, 0)).isZero();
      assertThat(calls.call(SET_ROBUST_LIST, area, 24)).isZero();
      assertThat(calls.call(TIMER_CREATE, CLOCK_MONOTONIC, 0, area)).isZero();
      calls.call(NO_SYSTEM_CALL);
      SystemCallParts.moveAuxiliaryVector(Machines.systemCallsOf(instanceOf(sandbox)));
      if (exitless) {
        // After overwriting the whole call frame, a guest cannot end a call.
        ResetOracle.end(sandbox, ResetOracle.Ending.PAGE_FAULT);
      } else {
        ResetOracle.dirty(sandbox, GROWTH, ResetOracle.Ending.PAGE_FAULT);
      }
    }

    private static List<String> hostsView(Sandbox sandbox) {
      return List.of(
          "refused " + sandbox.refusedSystemCalls(),
          "usage " + instanceOf(sandbox).usage(Duration.ZERO),
          SystemCallParts.of(Machines.systemCallsOf(instanceOf(sandbox))));
    }

    private static List<String> guestsView(Sandbox sandbox) {
      RawSystemCalls calls = new RawSystemCalls(sandbox);
      long area = calls.area();
      return List.of(
          "break " + calls.call(BRK, 0),
          "next descriptor " + calls.call(DUP, STDOUT),
          "monotonic time " + calls.call(CLOCK_GETTIME, CLOCK_MONOTONIC, area) + bytes(calls),
          "processor " + calls.call(CLOCK_GETTIME, CLOCK_PROCESS_CPUTIME_ID, area) + bytes(calls),
          "random " + calls.call(GETRANDOM, area, 8, 0) + bytes(calls),
          "blocked " + calls.call(RT_SIGPROCMASK, 0, 0, area, 8) + bytes(calls),
          "dumpable " + calls.call(PRCTL, PR_GET_DUMPABLE),
          "limit " + calls.call(GETRLIMIT, RLIMIT_NOFILE, area) + bytes(calls),
          "priority " + calls.call(GETPRIORITY, 0, 0),
          "timer " + calls.call(TIMER_CREATE, CLOCK_MONOTONIC, 0, area) + bytes(calls),
          "robust list " + calls.call(GET_ROBUST_LIST, 0, area, area + 8) + bytes(calls));
    }

    private static String bytes(RawSystemCalls calls) {
      long area = calls.area();
      return IntStream.range(0, 16).mapToObj(i -> calls.peek(area + i)).toList().toString();
    }
  }

  /** A program that serves, left in the middle of a request by an error of the embedder's code. */
  private static final class Served implements Scenario {
    private static final String PROGRAM =
        SourceFile.of(RestoreOrderOracleTest.class, "half_an_answer.c");

    private static Program program() {
      PrintStream failing =
          new PrintStream(OutputStream.nullOutputStream(), true, UTF_8) {
            @Override
            public void write(byte[] bytes, int offset, int length) {
              throw new StackOverflowError("of the embedder's");
            }
          };
      return Program.of(CompiledGuest.program(PROGRAM))
          .mount("/tmp", FileTree.memory(1 << 20))
          .limits(Limits.NONE.withCallTimeout(TIMEOUT))
          .hostError(failing);
    }

    @Override
    public List<String> differences(@Nullable Part without) {
      try (ProgramServer first = program().startServing();
          ProgramSnapshot snapshot = first.snapshot();
          ProgramServer server = snapshot.spawn()) {
        try {
          server.serve("fail".getBytes(UTF_8));
        } catch (StackOverflowError e) {
          // the expected failure
        }
        restore(without, () -> server.restore(snapshot));
        String answer = new String(server.serve("answer".getBytes(UTF_8)), UTF_8);
        return answer.equals("answer") ? List.of() : List.of("answers " + answer);
      } catch (RuntimeException | Error e) {
        return List.of("thrown: " + e);
      }
    }
  }

  private static final List<Scenario> SCENARIOS =
      List.of(new Functions(false), new Functions(true), new Served());

  @Test
  void aWholeRestoreLeavesNothingToNotice() {
    for (Scenario scenario : SCENARIOS) {
      assertThat(scenario.differences(null)).as(scenario.getClass().getSimpleName()).isEmpty();
    }
  }

  @Test
  void eachPartThatIsLeftOutIsNoticed() {
    List<Part> parts = new ArrayList<>();
    Machines.restoreOrders()
        .forEach((of, order) -> order.names().forEach(name -> parts.add(new Part(of, name))));
    assertThat(parts).hasSizeGreaterThan(20);
    List<Part> unnoticed = new ArrayList<>();
    for (Part part : parts) {
      if (SCENARIOS.stream().allMatch(scenario -> scenario.differences(part).isEmpty())) {
        unnoticed.add(part);
      }
    }
    assertThat(unnoticed).isEmpty();
  }
}

package io.hyperlight.containment;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.PoolException;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Held;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests misuse what comes with threads, with one and with two processors. Each is answered as on
 * Linux, or a fault or a limit ends it. Nothing of it outlives a restore. Afterwards the process
 * holds what it held before.
 */
@Tag("dirty-tracking")
@Tag("slow")
class MisusedThreadsTest {
  /** How a call may end. */
  private enum Ending {
    /** With 0: the guest saw what it would see on Linux. */
    RETURNED,
    FAULT,
    KILLED,
    LIMIT,
    TIMEOUT
  }

  private static final Set<Ending> ANSWERED = Set.of(Ending.RETURNED);
  private static final Set<Ending> FAULT = Set.of(Ending.FAULT);
  private static final Set<Ending> ENDLESS = Set.of(Ending.TIMEOUT);

  /** It depends on who comes first. */
  private static final Set<Ending> ANY =
      Set.of(Ending.RETURNED, Ending.FAULT, Ending.KILLED, Ending.TIMEOUT);

  private static final List<Map.Entry<String, Set<Ending>>> MISUSES =
      List.of(
          entry("flood_of_thread_timers", ANSWERED),
          entry("endless_flood_of_thread_timers", ENDLESS),
          entry("flood_of_timer_files", ANSWERED),
          entry("nested_epolls", ANSWERED),
          entry("requeued_waiters", ANSWERED),
          entry("waiters_that_wait_often", ANSWERED),
          entry("leaves_waiters", ANSWERED),
          entry("robust_lists", ANSWERED),
          entry("clear_child_tid_anywhere", ANSWERED),
          entry("stack_in_a_hole", Set.of(Ending.KILLED)),
          entry("stack_behind_user_space", Set.of(Ending.KILLED)),
          entry("stack_around_the_end_of_addresses", Set.of(Ending.KILLED)),
          entry("stack_that_is_not_canonical", Set.of(Ending.KILLED)),
          entry("stack_in_save_areas", ANY),
          entry("stack_in_the_gate", Set.of(Ending.KILLED)),
          entry("changes_of_the_librarys_pages", ANSWERED),
          entry("moves_the_vdso", ANY),
          entry("protects_the_vdso", ANY),
          entry("unmaps_the_vdso", ANY),
          entry("writes_the_vdso", ANY),
          entry("writes_save_areas", ANY),
          entry("writes_bases_in_save_areas", ANY),
          entry("memory_goes_away_under_calls", ANSWERED),
          entry("endless_waits_in_memory_that_goes_away", ANY),
          entry("jumps_to_the_stub", ANY),
          entry("jumps_to_the_switch_code", ANY),
          entry("calls_by_jumps_to_the_stub", ANY),
          entry("jumps_to_supervisor_code_are_faults", ANSWERED),
          entry("first_touch_behind_calls", ANSWERED),
          entry("listings_while_threads_end", ANSWERED),
          entry("spins_on_each_processor", ENDLESS),
          entry("waits_for_ever", ENDLESS),
          entry("touches_more_than_there_is", Set.of(Ending.LIMIT)),
          entry("threads_without_memory", ANSWERED),
          entry("clear_child_tid_without_memory", ANSWERED),
          entry("stack_without_memory", Set.of(Ending.KILLED)),
          entry("calls_without_memory", Set.of(Ending.LIMIT)),
          entry("done_by_threads", ENDLESS),
          entry("host_calls_by_threads", FAULT),
          entry("windows_by_threads", ENDLESS),
          entry("rests_by_threads", FAULT),
          entry("ready_by_threads", FAULT),
          entry("aborts_by_threads", Set.of(Ending.KILLED)),
          entry("gates_beginning_by_threads", ANY),
          entry("gates_start_by_threads", ANY),
          entry("gates_exchange_by_threads", ANY),
          entry("threads_without_measure", Set.of(Ending.LIMIT, Ending.TIMEOUT)),
          entry("main_thread_ends_first", ENDLESS),
          entry("moves_between_processors", ANSWERED),
          entry("code_that_goes_away", Set.of(Ending.FAULT, Ending.TIMEOUT)),
          entry("stack_that_goes_away", ANY));

  /** For what ends by itself. It is no measure of speed. */
  private static final Duration LONG = Duration.ofMinutes(2);

  /** For what may have no end. */
  private static final Duration SHORT =
      Duration.ofMillis(Integer.getInteger("hyperlight.test.misuseMillis", 60));

  private static final Guest GUEST =
      CompiledGuest.withLibc(
          SourceFile.of(MisusedThreadsTest.class, "misused_threads.c") + ResetOracle.FUNCTIONS);

  private Held before = new Held(0, 0, 0, 0);

  @BeforeEach
  void remember() throws IOException {
    before = Held.now(1L << 32);
  }

  @AfterEach
  void nothingIsHeld() throws IOException, InterruptedException {
    assertThat(Held.now(1L << 32)).isEqualTo(before);
    Await.until("no thread of a processor", () -> processorThreads() == 0);
  }

  private static long processorThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("hyperlight-processor"))
        .count();
  }

  private static Sandbox.Builder builder(int processors) {
    return Sandbox.builder(GUEST).memorySize(16 << 20).callTimeout(LONG).processors(processors);
  }

  private static Ending endingOf(Sandbox sandbox, String function, Duration deadline) {
    try {
      assertThat(sandbox.within(deadline).<Long>call(function, long.class))
          .as("the line of %s that saw something wrong", function)
          .isZero();
      return Ending.RETURNED;
    } catch (HyperlightException e) {
      return switch (e) {
        case GuestFaultException _ -> Ending.FAULT;
        case GuestAbortException _ -> Ending.KILLED;
        case GuestLimitException _ -> Ending.LIMIT;
        case GuestTimeoutException _ -> Ending.TIMEOUT;
        default -> Assertions.fail("no ending of " + function, e);
      };
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachEndsAsItMayAndTheNextRequestIsClean(int processors) {
    List<String> leaks = new ArrayList<>();
    try (Sandbox original = builder(processors).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (Map.Entry<String, Set<Ending>> misuse : MISUSES) {
        String function = misuse.getKey();
        Duration deadline = misuse.getValue().contains(Ending.TIMEOUT) ? SHORT : LONG;
        assertThat(misuse.getValue()).as(function).contains(endingOf(sandbox, function, deadline));
        sandbox.restore(snapshot);
        for (String leak : oracle.linuxLeaksOf(sandbox)) {
          leaks.add(function + ": " + leak);
        }
        for (String leak : oracle.differencesInMemory(sandbox)) {
          leaks.add(function + ": " + leak);
        }
        assertThat(endingOf(sandbox, "request", LONG)).as(function).isEqualTo(Ending.RETURNED);
        sandbox.restore(snapshot);
      }
    }
    assertThat(leaks).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void processorTimeEndsThreadsThatNeverLeaveTheGuest(int processors) {
    Limits limits = Limits.DEFAULT.withCallTimeout(LONG).withCpuTime(Duration.ofMillis(100));
    try (Sandbox sandbox = builder(processors).limits(limits).build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (String endless : List.of("spins_on_each_processor", "endless_flood_of_thread_timers")) {
        assertThatThrownBy(() -> sandbox.call(endless, long.class))
            .isInstanceOf(GuestTimeoutException.class)
            .hasMessageContaining("processor time");
        sandbox.restore(snapshot);
      }
      assertThat(sandbox.<Integer>call("ping", int.class, 1)).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void anInterruptEndsThemAtAnyMoment(int processors)
      throws InterruptedException, ExecutionException {
    try (Sandbox sandbox = builder(processors).build();
        Snapshot snapshot = sandbox.snapshot();
        ExecutorService caller = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < 12; i++) {
        String endless =
            List.of(
                    "spins_on_each_processor",
                    "waits_for_ever",
                    "calls_by_jumps_to_the_stub",
                    "endless_waits_in_memory_that_goes_away")
                .get(i % 4);
        Future<?> call =
            caller.submit(() ->
                assertThatThrownBy(() -> sandbox.call(endless, long.class))
                    .isInstanceOf(CallInterruptedException.class));
        long moment = System.nanoTime() + i * 3_000_000L;
        Await.until("a call", () -> System.nanoTime() >= moment && sandbox.interrupt());
        call.get();
        sandbox.restore(snapshot);
        assertThat(endingOf(sandbox, "request", LONG)).isEqualTo(Ending.RETURNED);
        sandbox.restore(snapshot);
      }
    }
  }

  /** Lent sandboxes live until their leases end, and the pool closes them then. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aPoolClosesWhileTheyRun(int processors) throws InterruptedException, ExecutionException {
    List<String> endless = List.of("spins_on_each_processor", "endless_flood_of_thread_timers");
    try (Sandbox original = builder(processors).build();
        Snapshot snapshot = original.snapshot();
        ExecutorService callers = Executors.newFixedThreadPool(endless.size())) {
      SandboxPool pool = SandboxPool.builder(snapshot).size(endless.size()).build();
      CountDownLatch lent = new CountDownLatch(endless.size());
      List<Future<?>> calls = new ArrayList<>();
      List<Sandbox> sandboxes = new ArrayList<>();
      for (String function : endless) {
        Lease<Sandbox> lease = pool.acquire();
        sandboxes.add(lease.get());
        calls.add(
            callers.submit(() -> {
              try (lease) {
                lent.countDown();
                assertThatThrownBy(() -> lease.get().call(function, long.class))
                    .isInstanceOf(CallInterruptedException.class);
              }
            }));
      }
      lent.await();
      pool.close();
      assertThatThrownBy(pool::acquire).isInstanceOf(PoolException.class);
      for (int i = 0; i < calls.size(); i++) {
        Sandbox sandbox = sandboxes.get(i);
        Await.until("a call", sandbox::interrupt);
        calls.get(i).get();
      }
      pool.close();
    }
  }
}

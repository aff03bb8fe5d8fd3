package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Held;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests misuse what came with threads, with one and with two processors. Each is answered as on
 * Linux or ended by its limits. Nothing of it outlives a restore, and the process holds no more
 * than before.
 */
@Tag("dirty-tracking")
class MisusedThreadsTest {
  /** Misuse that Linux answers. */
  private static final List<String> ANSWERED =
      List.of(
          "flood_of_thread_timers",
          "flood_of_timer_files",
          "nested_epolls",
          "requeued_waiters",
          "waiters_that_wait_often",
          "leaves_waiters",
          "robust_lists",
          "clear_child_tid_anywhere",
          "changes_of_the_librarys_pages",
          "memory_goes_away_under_calls",
          "listings_while_threads_end",
          "touches_more_and_goes_on");

  /** Misuse that ends the guest by a fault. */
  private static final List<String> FAULTS =
      List.of(
          "stack_in_a_hole",
          "stack_behind_user_space",
          "stack_around_the_end_of_addresses",
          "stack_that_is_not_canonical",
          "touches_more_than_there_is");

  /** Misuse that hurts only the guest, in one way or the other. */
  private static final List<String> ANY_ENDING =
      List.of(
          "stack_in_save_areas",
          "stack_in_the_gate",
          "moves_the_vdso",
          "protects_the_vdso",
          "unmaps_the_vdso",
          "writes_the_vdso",
          "writes_save_areas",
          "writes_bases_in_save_areas",
          "jumps_to_the_stub",
          "jumps_to_the_switch_code",
          "calls_by_jumps_to_the_stub",
          "endless_waits_in_memory_that_goes_away");

  /** Misuse that only a limit ends. */
  private static final List<String> ENDLESS =
      List.of("endless_flood_of_thread_timers", "spins_on_each_processor", "waits_for_ever");

  /** For what ends by itself. It is no measure of speed. */
  private static final Duration LONG = Duration.ofMinutes(1);

  private static final Duration SHORT = Duration.ofMillis(150);

  private static Sandbox.Builder builder(int processors) {
    return Sandbox.builder(
            CompiledGuest.withLibc(
                SourceFile.of(MisusedThreadsTest.class, "misused_threads.c")
                    + ResetOracle.FUNCTIONS))
        .memorySize(16 << 20)
        .callTimeout(LONG)
        .processors(processors);
  }

  private static String endingOf(Sandbox sandbox, String misuse, Duration deadline) {
    try {
      long line = sandbox.within(deadline).call(misuse, long.class);
      return line == 0 ? "returned" : "line " + line;
    } catch (HyperlightException e) {
      return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void probe(int processors) throws IOException {
    List<String> leaks = new ArrayList<>();
    try (Sandbox original = builder(processors).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      List<String> all = new ArrayList<>(ANSWERED);
      all.addAll(FAULTS);
      all.addAll(ANY_ENDING);
      all.addAll(ENDLESS);
      String only = System.getProperty("only");
      for (String misuse : all) {
        if (only != null && !misuse.matches(only)) continue;
        long begin = System.nanoTime();
        String ending = endingOf(sandbox, misuse, ANSWERED.contains(misuse) || FAULTS.contains(misuse) ? Duration.ofSeconds(20) : SHORT);
        long end = System.nanoTime();
        sandbox.restore(snapshot);
        long restored = System.nanoTime();
        for (String leak : oracle.linuxLeaksOf(sandbox)) {
          leaks.add(misuse + ": " + leak);
        }
        for (String leak : oracle.differencesInMemory(sandbox)) {
          leaks.add(misuse + ": " + leak);
        }
        System.out.println(processors + " " + misuse + ": " + (end - begin) / 1000000 + " ms, restore " + (restored - end) / 1000000 + ", oracle " + (System.nanoTime() - restored) / 1000000 + " " + ending.lines().limit(6).toList());
        String request = endingOf(sandbox, "request", LONG);
        if (!request.equals("returned")) System.out.println("   REQUEST " + request);
        sandbox.restore(snapshot);
      }
    }
    leaks.forEach(System.out::println);
    System.out.println(Held.now(1 << 30));
  }
}

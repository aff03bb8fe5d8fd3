package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Deadline;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Injects errors of the JVM at every step of a pool: acquiring, waiting, giving back, the work of
 * caretakers, and closing. Afterwards the pool can lend all its members, and nothing is left after
 * its close.
 */
@NotInHardwareLane("No VM takes part.")
@Tag("slow")
class PoolErrorsTest {
  private static final long LONG = Duration.ofMinutes(5).toNanos();
  private static final int SIZE = 2;
  private static final Set<Thread.State> ASLEEP =
      Set.of(Thread.State.WAITING, Thread.State.TIMED_WAITING);

  private final Things things = new Things();

  /** The errors to inject. */
  enum Blow {
    STACK_OVERFLOW {
      @Override
      void strike() {
        throw new StackOverflowError("as asked");
      }
    },
    OUT_OF_MEMORY {
      @Override
      void strike() {
        throw new OutOfMemoryError("as asked");
      }
    },
    INTERRUPT {
      @Override
      void strike() {
        Thread.currentThread().interrupt();
      }
    };

    abstract void strike();
  }

  /** The steps at which an error strikes. Those of caretakers are their actions. */
  private static final List<String> STEPS =
      Stream.concat(
              Stream.of(
                  "acquire begin",
                  "acquire found",
                  "acquire changed",
                  "acquire begun",
                  "acquire park",
                  "acquire waited",
                  "release begin",
                  "release revoked",
                  "release returned"),
              Arrays.stream(Action.values())
                  .filter(action ->
                      action != Action.END && action != Action.RELEASE && action != Action.WITHDRAW)
                  .map(action -> "caretaker " + action))
          .toList();

  /** The largest number of times that a step passes before an error strikes. */
  private static final int MAX_PASSES = 4;

  /** Strikes at one step after it has passed a number of times. */
  private static final class Striking implements Steps {
    private final Blow blow;
    private final String where;
    private final AtomicInteger left;
    private volatile boolean struck;

    Striking(Blow blow, String where, int passes) {
      this.blow = blow;
      this.where = where;
      left = new AtomicInteger(passes);
    }

    @Override
    public void at(String who, Object what) {
      if ((who + " " + what).equals(where) && left.getAndDecrement() == 0) {
        struck = true;
        blow.strike();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Blow.class)
  void noStepLosesAPlace(Blow blow) throws Exception {
    for (String where : STEPS) {
      int struck = 0;
      for (int passes = 0; passes < MAX_PASSES; passes++) {
        for (boolean failing : new boolean[] {false, true}) {
          Striking striking = new Striking(blow, where, passes);
          run(striking, failing);
          struck += striking.struck ? 1 : 0;
          assertThat(things.violations).as(where).isEmpty();
          assertThat(things.open).as(where).hasValue(0);
        }
      }
      assertThat(struck).as(where).isPositive();
    }
  }

  private void run(Striking striking, boolean failing) throws Exception {
    PoolBudget budget = new PoolBudget(SIZE, 1000);
    PoolLimits limits = new PoolLimits(SIZE, 0, LONG, 2, LONG);
    RecyclingPool<Things.Thing> pool =
        new RecyclingPool<>(limits, things, budget, 1, 1, System::nanoTime);
    pool.observe(striking);
    AtomicInteger failures = new AtomicInteger();
    things.creationFailure =
        () ->
            failing && failures.getAndIncrement() == 0
                ? new IllegalStateException("as asked")
                : null;
    FutureTask<Void> users =
        new FutureTask<>(() -> {
          for (int i = 0; i < 3; i++) {
            use(pool, failing ? 1 : SIZE);
          }
          return null;
        });
    Thread.ofPlatform().start(users);
    users.get();
    closeWith(pool, striking, budget, failing ? 1 : SIZE);
  }

  /** Borrows some members, waits for one more without success, and gives all back. */
  private static void use(RecyclingPool<Things.Thing> pool, int count) {
    List<Loan<Things.Thing>> loans = new ArrayList<>();
    for (int j = 0; j < count; j++) {
      borrow(pool, loans, LONG);
    }
    borrow(pool, loans, 1000);
    for (Loan<Things.Thing> loan : loans) {
      release(pool, loan);
    }
  }

  private void closeWith(
      RecyclingPool<Things.Thing> pool, Striking striking, PoolBudget budget, int count)
      throws Exception {
    // All members can be lent again.
    Await.until("all taken back", () -> pool.statistics().lent() == 0);
    assertThat(pool.statistics().waiting()).as(striking.where).isZero();
    List<Loan<Things.Thing>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      borrow(pool, all, LONG);
    }
    for (Loan<Things.Thing> loan : all) {
      release(pool, loan);
    }
    FutureTask<Boolean> closing =
        new FutureTask<>(() -> {
          while (true) {
            try {
              pool.close();
              return true;
            } catch (StackOverflowError | OutOfMemoryError e) {
              // A second close completes the work.
            }
          }
        });
    Thread.ofPlatform().start(closing);
    closing.get();
    pool.close();
    Await.until("all given up", () -> budget.count() == 0);
  }

  /** Borrows like a caller that catches the error, and whose stack has room again. */
  private static void borrow(
      RecyclingPool<Things.Thing> pool, List<Loan<Things.Thing>> loans, long nanos) {
    Loan<Things.Thing> loan = new Loan<>();
    try {
      pool.acquire(loan, Deadline.in(nanos));
      loan.item().use();
      loans.add(loan);
    } catch (StackOverflowError | OutOfMemoryError e) {
      assertThat(e).hasMessage("as asked");
      useIfLent(loan);
    } catch (RefusedException e) {
      assertThat(e.reason())
          .isIn(
              RefusedException.Reason.TIMED_OUT,
              RefusedException.Reason.NOT_CREATED,
              RefusedException.Reason.INTERRUPTED);
    } finally {
      boolean _ = Thread.interrupted();
    }
  }

  /** The items must be held before they are taken back. */
  private static void useIfLent(Loan<Things.Thing> loan) {
    if (loan.item != null) {
      loan.item().use();
    }
  }

  private static void release(RecyclingPool<Things.Thing> pool, Loan<Things.Thing> loan) {
    pool.release(loan);
    boolean _ = Thread.interrupted();
  }

  @Test
  void aLoanThatIsOverIsTakenBackAlthoughAllCaretakersSleep() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Await.until("ready", () -> pool.statistics().ready() == 1);
      String caretaker = things.threads.getFirst();
      String prefix = caretaker.substring(0, caretaker.lastIndexOf('-') + 1);
      Await.until(
          "all caretakers wait while nothing is lent",
          () ->
              Thread.getAllStackTraces().keySet().stream()
                      .filter(thread ->
                          thread.getName().startsWith(prefix) && ASLEEP.contains(thread.getState()))
                      .count()
                  == 2);
      Loan<Things.Thing> loan = pool.acquire(0);
      loan.item().use();
      loan.over = true; // all that a holder without any room can do
      Loan<Things.Thing> next = pool.acquire(Duration.ofSeconds(30).toNanos());
      next.item().use();
      pool.release(next);
    }
    assertThat(things.violations).isEmpty();
  }

  @Test
  void aCaretakerWhoseThreadIsDeadIsReplaced() throws Exception {
    PoolBudget budget = new PoolBudget(SIZE, 1000);
    RecyclingPool<Things.Thing> pool =
        new RecyclingPool<>(Things.limits(SIZE, 0), things, budget, 1, 1, System::nanoTime);
    AtomicInteger deaths = new AtomicInteger();
    // No action of a caretaker throws this past its loop, so the test injects the error in the
    // loop itself.
    pool.observe((who, what) -> {
      if (who.equals("caretaker run") && deaths.getAndIncrement() < 3) {
        throw new OutOfMemoryError("as asked");
      }
    });
    Loan<Things.Thing> loan = pool.acquire(LONG);
    loan.item().use();
    pool.release(loan);
    pool.close();
    assertThat(deaths.get()).isGreaterThanOrEqualTo(3);
    assertThat(things.open).hasValue(0);
    assertThat(things.violations).isEmpty();
    assertThat(budget.count()).isZero();
  }

  @Test
  void closingOnACaretakerOrInAReportDoesNotWaitForItself() throws Exception {
    AtomicReference<RecyclingPool<Things.Thing>> closed = new AtomicReference<>();
    things.onCreate =
        () -> {
          RecyclingPool<Things.Thing> pool = closed.get();
          if (pool != null) {
            pool.close();
          }
        };
    RecyclingPool<Things.Thing> pool = things.pool(2, 0);
    closed.set(pool);
    try {
      Loan<Things.Thing> loan = pool.acquire(LONG);
      assertThat(loan).isNull();
    } catch (RefusedException e) {
      assertThat(e.reason()).isEqualTo(RefusedException.Reason.CLOSED);
    }
    pool.close();
    assertThat(things.open).hasValue(0);
  }
}

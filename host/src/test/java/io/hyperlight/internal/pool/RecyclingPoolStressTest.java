package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads, two pools, one budget, and failures everywhere. */
@NotInHardwareLane("No VM takes part.")
@Tag("slow")
class RecyclingPoolStressTest {
  private static final int THREADS = 24;
  private static final int ROUNDS = 400;

  private final Things things = new Things();
  private final AtomicInteger served = new AtomicInteger();

  static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyoneIsAnsweredAndEverythingIsClosed(long seed) throws Exception {
    Random random = new Random(seed);
    int budgetCount = 1 + random.nextInt(6);
    PoolBudget budget = new PoolBudget(budgetCount, 1000);
    things.creationFailure = () -> failure(10);
    things.cleaningFailure = () -> failure(20);
    things.reclaimFailure = () -> failure(50);
    try (RecyclingPool<Things.Thing> one = pool(random, budget);
        RecyclingPool<Things.Thing> two = pool(random, budget);
        ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
        ExecutorService platform = Executors.newFixedThreadPool(THREADS / 2)) {
      List<Future<Void>> users = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        ExecutorService executor = i % 2 == 0 ? virtual : platform;
        Callable<Void> user = i % 4 < 2 ? () -> use(one, two) : () -> use(two, one);
        users.add(executor.submit(user));
      }
      for (Future<Void> user : users) {
        user.get(5, TimeUnit.MINUTES);
      }
      Await.until(
          "all taken back", () -> one.statistics().lent() == 0 && two.statistics().lent() == 0);
    }
    assertThat(things.violations).isEmpty();
    assertThat(things.open).hasValue(0);
    assertThat(things.maxOpen.get()).isBetween(1, budgetCount);
    assertThat(budget.count()).isZero();
    assertThat(budget.bytes()).isZero();
    assertThat(served.get()).isGreaterThan(THREADS * ROUNDS / 2);
  }

  private RecyclingPool<Things.Thing> pool(Random random, PoolBudget budget) {
    int size = 1 + random.nextInt(8);
    PoolLimits limits =
        new PoolLimits(
            size,
            random.nextInt(size + 1),
            random.nextLong(2_000_000),
            1 + random.nextInt(30),
            random.nextLong(20_000_000));
    return new RecyclingPool<>(limits, things, budget, 1, 1 + random.nextInt(3), System::nanoTime);
  }

  private Void use(RecyclingPool<Things.Thing> usual, RecyclingPool<Things.Thing> other)
      throws InterruptedException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    for (int round = 0; round < ROUNDS; round++) {
      RecyclingPool<Things.Thing> pool = random.nextInt(10) == 0 ? other : usual;
      if (random.nextInt(30) == 0) {
        Thread.currentThread().interrupt();
      }
      long nanos = random.nextInt(20) == 0 ? random.nextLong(100_000) : TimeUnit.MINUTES.toNanos(3);
      try {
        Loan<Things.Thing> member = pool.acquire(nanos);
        useOnce(member, random);
        served.incrementAndGet();
        pool.release(member);
        member.item().busy = false;
      } catch (RefusedException e) {
        boolean inTime = nanos > 100_000;
        assertThat(e.reason())
            .isNotEqualTo(Reason.CLOSED)
            .matches(reason -> !inTime || reason != Reason.TIMED_OUT, "not in vain")
            .matches(reason -> !inTime || reason != Reason.NO_BUDGET, "not without budget");
      }
      boolean _ = Thread.interrupted();
    }
    return null;
  }

  private static void useOnce(Loan<Things.Thing> member, ThreadLocalRandom random) {
    member.item().use();
    switch (random.nextInt(20)) {
      case 0 -> member.item().busy = true;
      case 1 -> LockSupport.parkNanos(1000);
      default -> {}
    }
  }

  private static @Nullable RuntimeException failure(int oneIn) {
    return ThreadLocalRandom.current().nextInt(oneIn) == 0
        ? new IllegalStateException("as asked")
        : null;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void closingInTheMiddleRefusesAllAndLosesNothing(long seed) throws Exception {
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      PoolBudget budget = new PoolBudget(4, 1000);
      RecyclingPool<Things.Thing> pool = pool(random, budget);
      try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Reason>> users = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          users.add(executor.submit(() -> useUntilRefused(pool)));
        }
        int uses = random.nextInt(1000);
        Await.until("used", () -> pool.statistics().acquired() >= uses);
        pool.close();
        for (Future<Reason> user : users) {
          assertThat(user.get(5, TimeUnit.MINUTES)).isEqualTo(Reason.CLOSED);
        }
      }
      pool.close();
      assertThat(things.open).hasValue(0);
      assertThat(budget.count()).isZero();
    }
    assertThat(things.violations).isEmpty();
  }

  private static Reason useUntilRefused(RecyclingPool<Things.Thing> pool) {
    while (true) {
      try {
        Loan<Things.Thing> member = pool.acquire(TimeUnit.MINUTES.toNanos(3));
        member.item().use();
        pool.release(member);
      } catch (RefusedException e) {
        return e.reason();
      }
    }
  }
}

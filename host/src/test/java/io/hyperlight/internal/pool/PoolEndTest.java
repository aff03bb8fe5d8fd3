package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.value.PoolStatistics;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** The end of a pool, its share of a budget, and its statistics. */
@NotInHardwareLane("No VM takes part.")
class PoolEndTest extends RecyclingPoolFixture {
  @Test
  void closingRefusesThoseWhoWaitAndThoseWhoCome() throws Exception {
    RecyclingPool<Things.Thing> pool = things.pool(1, 0);
    Loan<Things.Thing> member = acquire(pool);
    FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
    pool.close();
    assertRefused(waiting).isEqualTo(Reason.CLOSED);
    assertRefused(() -> pool.acquire(LONG)).isEqualTo(Reason.CLOSED);
    pool.release(member);
    pool.close();
  }

  @Test
  void closingLeavesWhatIsLentToItsHolderUntilItIsGivenBack() throws Exception {
    PoolBudget budget = new PoolBudget(10, 10);
    RecyclingPool<Things.Thing> pool = things.pool(Things.limits(3, 3), budget);
    Loan<Things.Thing> member = acquire(pool);
    pool.close();
    assertThat(things.open).hasValue(1);
    assertThat(member.item().state()).isEqualTo(Things.State.HELD);
    pool.release(member);
    pool.close(); // this waits for everything, as nothing is lent any more
    assertThat(things.open).hasValue(0);
    assertThat(budget.count()).isZero();
  }

  @Test
  void closingWaitsForWhatIsBeingMadeAndClosesIt() throws Exception {
    things.creations.drainPermits();
    PoolBudget budget = new PoolBudget(10, 10);
    RecyclingPool<Things.Thing> pool = things.pool(Things.limits(1, 1), budget);
    Await.until("creating", () -> things.creations.hasQueuedThreads());
    FutureTask<Boolean> closing = new FutureTask<>(pool::close, true);
    Thread thread = Thread.ofPlatform().start(closing);
    Await.until("closing", () -> thread.getState() == Thread.State.TIMED_WAITING);
    things.creations.release();
    assertThat(closing.get()).isTrue();
    assertThat(things.created).hasValue(1);
    assertThat(things.open).hasValue(0);
    assertThat(budget.count()).isZero();
  }

  @Test
  void aPoolThatIsAbandonedEndsAndFreesItsPlace() throws Exception {
    PoolBudget budget = new PoolBudget(10, 10);
    RecyclingPool<Things.Thing> pool = things.pool(Things.limits(2, 2), budget);
    awaitReady(pool, 2);
    pool.abandon(0);
    Await.until("all closed", () -> budget.count() == 0);
    assertThat(things.open).hasValue(0);
    pool.close();
  }

  @Test
  void twoPoolsShareABudget() throws Exception {
    PoolBudget budget = new PoolBudget(3, 1000);
    try (RecyclingPool<Things.Thing> one = things.pool(Things.limits(3, 0), budget);
        RecyclingPool<Things.Thing> two = things.pool(Things.limits(3, 0), budget)) {
      List<Loan<Things.Thing>> ofOne = List.of(acquire(one), acquire(one));
      Loan<Things.Thing> ofTwo = acquire(two);
      assertRefused(() -> two.acquire(SHORT)).isEqualTo(Reason.TIMED_OUT);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(two);
      ofOne.forEach(one::release);
      closeEarly(one);
      two.release(waiting.get());
      two.release(ofTwo);
    }
    assertThat(things.maxOpen).hasValue(3);
    assertThat(budget.count()).isZero();
  }

  @Test
  void aPoolThatHasNothingSaysThatTheBudgetIsTaken() throws Exception {
    PoolBudget budget = new PoolBudget(1, 1000);
    try (RecyclingPool<Things.Thing> one = things.pool(Things.limits(3, 0), budget);
        RecyclingPool<Things.Thing> two = things.pool(Things.limits(3, 0), budget)) {
      Loan<Things.Thing> member = acquire(one);
      FutureTask<Loan<Things.Thing>> patient = startWaiting(two);
      // The pool is starving only once a caretaker has found out.
      Await.until(
          "no budget",
          () -> {
            try {
              two.acquire(SHORT);
              return false;
            } catch (RefusedException e) {
              return e.reason() == Reason.NO_BUDGET;
            }
          });
      one.release(member);
      closeEarly(one);
      two.release(patient.get());
    }
  }

  @Test
  void aPoolGivesUpIdleMembersForOneThatHasNone() throws Exception {
    PoolBudget budget = new PoolBudget(3, 1000);
    try (RecyclingPool<Things.Thing> rich = things.pool(Things.limits(3, 3), budget)) {
      awaitReady(rich, 3);
      try (RecyclingPool<Things.Thing> poor = things.pool(Things.limits(3, 0), budget)) {
        poor.release(acquire(poor));
        // The budget gets the reservation back before the pool that gave it up counts this.
        Await.until("retired", () -> rich.statistics().retired() > 0);
      }
      awaitReady(rich, 3); // and reserves it again
      assertThat(rich.statistics().retired()).isEqualTo(1);
      assertThat(things.created).hasValue(5);
    }
  }

  @Test
  void aPoolGivesUpMembersInUseForOneThatHasNoneWhenTheyComeBack() throws Exception {
    PoolBudget budget = new PoolBudget(2, 1000);
    try (RecyclingPool<Things.Thing> rich = things.pool(Things.limits(2, 0), budget);
        RecyclingPool<Things.Thing> poor = things.pool(Things.limits(2, 0), budget)) {
      Loan<Things.Thing> one = acquire(rich);
      Loan<Things.Thing> two = acquire(rich);
      FutureTask<Loan<Things.Thing>> waitingRich = startWaiting(rich);
      FutureTask<Loan<Things.Thing>> waitingPoor = startWaiting(poor);
      Await.until("asked", () -> budget.yieldIsWanted());
      rich.release(one);
      poor.release(waitingPoor.get());
      rich.release(two);
      rich.release(waitingRich.get());
    }
  }

  @Test
  void figuresSayWhatHappened() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      awaitReady(pool, 1);
      Loan<Things.Thing> member = acquire(pool);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      assertRefused(() -> pool.acquire(0)).isEqualTo(Reason.TIMED_OUT);
      PoolStatistics during = pool.statistics();
      assertThat(during.sandboxes()).isEqualTo(1);
      assertThat(during.lent()).isEqualTo(1);
      assertThat(during.waiting()).isEqualTo(1);
      assertThat(during.ready()).isZero();
      pool.release(member);
      pool.release(waiting.get());
      awaitReady(pool, 1);
      PoolStatistics after = pool.statistics();
      assertThat(after.acquired()).isEqualTo(2);
      assertThat(after.waited()).isEqualTo(1);
      assertThat(after.refused()).isEqualTo(1);
      assertThat(after.created()).isEqualTo(1);
      assertThat(after.cleaned()).isEqualTo(2);
      assertThat(after.waitTime().toNanos()).isPositive().isEqualTo(after.longestWait().toNanos());
      assertThat(after.creationTime().toNanos()).isPositive();
      assertThat(after.cleaningTime().toNanos()).isPositive();
    }
  }
}

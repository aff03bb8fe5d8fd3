package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** When members are retired and replaced, and what happens if they cannot be made or cleaned. */
@NotInHardwareLane("No VM takes part.")
class MemberUpkeepTest extends RecyclingPoolFixture {
  @Test
  void aMemberIsRetiredAfterItsUses() throws Exception {
    PoolLimits limits = new PoolLimits(1, 0, Long.MAX_VALUE, 3, Long.MAX_VALUE);
    List<Integer> numbers = new ArrayList<>();
    try (RecyclingPool<Things.Thing> pool = things.pool(limits, new PoolBudget(10, 10))) {
      for (int i = 0; i < 7; i++) {
        Loan<Things.Thing> member = acquire(pool);
        numbers.add(member.item().number);
        pool.release(member);
      }
    }
    assertThat(numbers).containsExactly(1, 1, 1, 2, 2, 2, 3);
  }

  @Test
  void aMemberIsRetiredWhenItIsTooOld() throws Exception {
    PoolLimits limits = new PoolLimits(1, 1, Long.MAX_VALUE, Long.MAX_VALUE, 100);
    try (RecyclingPool<Things.Thing> pool = things.pool(limits, new PoolBudget(10, 10))) {
      Loan<Things.Thing> young = acquire(pool);
      things.nanos.addAndGet(99);
      pool.release(young);
      Loan<Things.Thing> old = acquire(pool);
      assertThat(old.item()).isSameAs(young.item());
      things.nanos.addAndGet(1);
      pool.release(old);
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(old.item());
      assertThat(old.item().state()).isEqualTo(Things.State.CLOSED);
      pool.release(next);
    }
  }

  @Test
  void aMemberThatBecomesTooOldWhileReadyIsReplaced() throws Exception {
    PoolLimits limits = new PoolLimits(2, 2, Long.MAX_VALUE, Long.MAX_VALUE, 100);
    try (RecyclingPool<Things.Thing> pool = things.pool(limits, new PoolBudget(10, 10))) {
      awaitReady(pool, 2);
      things.nanos.addAndGet(100);
      pool.poke();
      Await.until("both replaced", () -> things.created.get() == 4);
      awaitReady(pool, 2);
      assertThat(pool.statistics().retired()).isEqualTo(2);
    }
  }

  @Test
  void membersThatNobodyNeededForATimeAreClosedButForTheIdleOnes() throws Exception {
    PoolLimits limits = new PoolLimits(5, 1, 100, Long.MAX_VALUE, Long.MAX_VALUE);
    try (RecyclingPool<Things.Thing> pool = things.pool(limits, new PoolBudget(10, 10))) {
      List<Loan<Things.Thing>> members = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        members.add(acquire(pool));
      }
      members.forEach(pool::release);
      awaitReady(pool, 5);
      things.nanos.addAndGet(99);
      Loan<Things.Thing> busy = acquire(pool);
      pool.release(busy);
      awaitReady(pool, 5);
      assertThat(pool.statistics().retired()).isZero();

      things.nanos.addAndGet(1);
      pool.poke();
      // Four members were not needed, and one of them is the idle one.
      Await.until("three retired", () -> pool.statistics().retired() == 3);
      awaitReady(pool, 2);
      assertThat(busy.item().state()).isEqualTo(Things.State.CLEAN);
    }
  }

  @Test
  void aMemberThatCannotBeCleanedIsReplaced() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Loan<Things.Thing> spoilt = acquire(pool);
      things.cleaningFailure = () -> new IllegalStateException("as asked");
      pool.release(spoilt);
      Await.until("closed", () -> spoilt.item().state() == Things.State.CLOSED);
      things.cleaningFailure = () -> null;
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(spoilt.item());
      assertThat(pool.statistics().replaced()).isEqualTo(1);
      assertThat(things.failures).containsExactly("clean as asked");
      pool.release(next);
    }
  }

  @Test
  void aMemberThatCannotBeTakenBackIsReplaced() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Loan<Things.Thing> spoilt = acquire(pool);
      things.reclaimFailure = () -> new IllegalStateException("as asked");
      pool.release(spoilt);
      Await.until("broken", () -> pool.statistics().replaced() == 1);
      things.reclaimFailure = () -> null;
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(spoilt.item());
      pool.release(next);
    }
  }

  @Test
  void aMemberStillInUseComesBackWhenThatUseEnds() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      member.item().busy = true;
      pool.release(member);
      Await.until("found in use", () -> pool.statistics().lent() == 1);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      member.item().busy = false;
      tickUntilDone(pool, waiting);
      assertThat(waiting.get().item()).isSameAs(member.item());
      pool.release(waiting.get());
    }
  }

  @Test
  void aFailureToCreateReachesWhoeverHasNothingElseToWaitFor() throws Exception {
    things.creationFailure = () -> new IllegalStateException("as asked");
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 0)) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> pool.acquire(LONG))
            .asInstanceOf(type(RefusedException.class))
            .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.NOT_CREATED))
            .satisfies(e -> assertThat(e).hasRootCauseMessage("as asked"));
      }
      things.creationFailure = () -> null;
      pool.release(acquire(pool));
    }
  }

  @Test
  void everyoneWhoWaitsGetsAnAttemptOfItsOwn() throws Exception {
    things.creations.drainPermits();
    things.creationFailure = () -> new IllegalStateException("as asked");
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      FutureTask<Loan<Things.Thing>> one = startWaiting(pool);
      FutureTask<Loan<Things.Thing>> two = startWaiting(pool);
      things.creations.release();
      assertRefused(one).isEqualTo(Reason.NOT_CREATED);
      things.creationFailure = () -> null;
      things.creations.release();
      pool.release(two.get());
    }
  }

  @Test
  void aFailureToGrowLetsThreadsWaitForTheMembersThereAre() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      things.creationFailure = () -> new IllegalStateException("as asked");
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      Await.until("a failure", () -> pool.statistics().failedCreations() == 1);
      assertThatThrownBy(() -> pool.acquire(SHORT))
          .asInstanceOf(type(RefusedException.class))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT))
          .satisfies(e -> assertThat(e).hasRootCauseMessage("as asked"));
      pool.release(member);
      pool.release(waiting.get());
    }
  }

  @Test
  void growingIsTriedAgainAfterAPause() throws Exception {
    things.creationFailure = () -> new IllegalStateException("as asked");
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Await.until("a failure", () -> pool.statistics().failedCreations() == 1);
      things.creationFailure = () -> null;
      things.nanos.addAndGet(Duration.ofMillis(100).toNanos());
      pool.poke();
      awaitReady(pool, 1);
      assertThat(pool.statistics().failedCreations()).isEqualTo(1);
    }
  }

  @Test
  void errorsDoNotEndTheCaretakers() throws Exception {
    things.creationFailure =
        () -> {
          throw new OutOfMemoryError("as asked");
        };
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      for (int i = 0; i < 5; i++) {
        assertRefused(() -> pool.acquire(LONG)).isEqualTo(Reason.NOT_CREATED);
      }
      things.creationFailure = () -> null;
      pool.release(acquire(pool));
    }
  }
}

package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractObjectAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a pool promises to those who acquire and give back, with items that are no sandboxes. */
@NotInHardwareLane("No VM takes part.")
class RecyclingPoolTest {
  private static final long LONG = Duration.ofMinutes(5).toNanos();
  private static final long SHORT = Duration.ofMillis(5).toNanos();

  private final Things things = new Things();

  @AfterEach
  void thePoolDidNothingForbidden() {
    assertThat(things.violations).isEmpty();
  }

  private static Loan<Things.Thing> acquire(RecyclingPool<Things.Thing> pool)
      throws RefusedException {
    Loan<Things.Thing> member = pool.acquire(LONG);
    member.item().use();
    return member;
  }

  /** Starts a thread that acquires, and returns when it waits. */
  private static FutureTask<Loan<Things.Thing>> startWaiting(RecyclingPool<Things.Thing> pool)
      throws InterruptedException {
    int waiting = pool.figures().waiting();
    FutureTask<Loan<Things.Thing>> acquisition = new FutureTask<>(() -> acquire(pool));
    Thread.ofVirtual().start(acquisition);
    Await.until("waiting", () -> pool.figures().waiting() == waiting + 1);
    return acquisition;
  }

  private static AbstractObjectAssert<?, Reason> assertRefused(ThrowingCallable acquisition) {
    return assertThatThrownBy(acquisition)
        .asInstanceOf(type(RefusedException.class))
        .extracting(RefusedException::reason);
  }

  private static AbstractObjectAssert<?, Reason> assertRefused(FutureTask<?> acquisition) {
    return assertThatThrownBy(acquisition::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .asInstanceOf(type(RefusedException.class))
        .extracting(RefusedException::reason);
  }

  private static void awaitReady(RecyclingPool<?> pool, int ready) throws InterruptedException {
    Await.until(ready + " ready", () -> pool.figures().ready() == ready);
  }

  /** Closes a pool that a {@code try} closes again. */
  private static void closeEarly(RecyclingPool<?> pool) {
    pool.close();
  }

  @Test
  void idleMembersAreMadeBeforeAnybodyAsks() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(5, 3)) {
      awaitReady(pool, 3);
      assertThat(things.created).hasValue(3);
    }
  }

  @Test
  void aMemberIsCleanedAndLentAgain() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Loan<Things.Thing> first = acquire(pool);
      pool.giveBack(first);
      Loan<Things.Thing> second = acquire(pool);
      assertThat(second.item()).isSameAs(first.item());
      pool.giveBack(second);
      assertThat(things.created).hasValue(1);
    }
  }

  @Test
  void theMemberUsedLastIsLentNext() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(3, 3)) {
      awaitReady(pool, 3);
      Loan<Things.Thing> member = acquire(pool);
      pool.giveBack(member);
      awaitReady(pool, 3);
      Loan<Things.Thing> next = pool.acquire(0);
      assertThat(next.item()).isSameAs(member.item());
      next.item().use();
      pool.giveBack(next);
    }
  }

  @Test
  void aThreadIsLentTheMemberThatItHadLast() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(3, 3)) {
      awaitReady(pool, 3);
      Loan<Things.Thing> own = acquire(pool);
      FutureTask<Loan<Things.Thing>> acquisition = new FutureTask<>(() -> acquire(pool));
      Thread.ofPlatform().start(acquisition);
      Loan<Things.Thing> other = acquisition.get();
      pool.giveBack(own);
      awaitReady(pool, 2);
      pool.giveBack(other);
      awaitReady(pool, 3);
      Loan<Things.Thing> first = pool.acquire(0);
      Loan<Things.Thing> second = pool.acquire(0);
      assertThat(first.item()).isSameAs(own.item());
      assertThat(second.item()).isSameAs(other.item());
      first.item().use();
      second.item().use();
      pool.giveBack(first);
      pool.giveBack(second);
    }
  }

  @Test
  void nothingSlowIsDoneByThoseWhoAcquire() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 0)) {
      for (int i = 0; i < 20; i++) {
        pool.giveBack(acquire(pool));
      }
    }
    assertThat(things.threads).isNotEmpty().allMatch(name -> name.startsWith("hyperlight-pool-"));
  }

  @Test
  void thereAreNeverMoreMembersThanTheSize() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 1)) {
      Loan<Things.Thing> one = acquire(pool);
      Loan<Things.Thing> two = acquire(pool);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      assertThat(pool.figures().total()).isEqualTo(2);
      pool.giveBack(one);
      pool.giveBack(waiting.get());
      pool.giveBack(two);
    }
    assertThat(things.mostOpen).hasValue(2);
  }

  @Test
  void whoCameFirstIsServedFirst() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      List<Integer> served = Collections.synchronizedList(new ArrayList<>());
      List<FutureTask<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        int number = i;
        FutureTask<Boolean> task =
            new FutureTask<>(() -> {
              Loan<Things.Thing> own = acquire(pool);
              served.add(number);
              pool.giveBack(own);
              return true;
            });
        tasks.add(task);
        Thread.ofVirtual().start(task);
        Await.until("waiting", () -> pool.figures().waiting() == number + 1);
      }
      pool.giveBack(member);
      for (FutureTask<Boolean> task : tasks) {
        assertThat(task.get()).isTrue();
      }
      assertThat(served).isEqualTo(IntStream.range(0, 20).boxed().toList());
    }
  }

  @Test
  void nobodyOvertakesThoseWhoWait() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      FutureTask<Loan<Things.Thing>> first = startWaiting(pool);
      pool.giveBack(member);
      assertRefused(() -> pool.acquire(0)).isEqualTo(Reason.TIMED_OUT);
      pool.giveBack(first.get());
    }
  }

  @Test
  void waitingEndsAtTheDeadline() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      assertRefused(() -> pool.acquire(SHORT)).isEqualTo(Reason.TIMED_OUT);
      assertThat(pool.figures().waiting()).isZero();
      pool.giveBack(member);
      pool.giveBack(acquire(pool));
    }
  }

  @Test
  void whoGaveUpWaitingIsNotServed() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      assertRefused(() -> pool.acquire(SHORT)).isEqualTo(Reason.TIMED_OUT);
      FutureTask<Loan<Things.Thing>> second = startWaiting(pool);
      pool.giveBack(member);
      pool.giveBack(second.get());
      assertThat(pool.figures().acquired()).isEqualTo(2);
    }
  }

  @Test
  void anInterruptEndsTheWaitingAndIsKept() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      FutureTask<Boolean> task =
          new FutureTask<>(() -> {
            assertRefused(() -> pool.acquire(LONG)).isEqualTo(Reason.INTERRUPTED);
            return Thread.currentThread().isInterrupted();
          });
      Thread thread = Thread.ofVirtual().start(task);
      Await.until("waiting", () -> pool.figures().waiting() == 1);
      thread.interrupt();
      assertThat(task.get()).isTrue();
      pool.giveBack(member);
      pool.giveBack(acquire(pool));
    }
  }

  @Test
  void anInterruptedThreadMayTakeWhatIsReady() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      awaitReady(pool, 1);
      Thread.currentThread().interrupt();
      Loan<Things.Thing> member = acquire(pool);
      assertThat(Thread.interrupted()).isTrue();
      pool.giveBack(member);
    }
  }

  @Test
  void noMemberIsLostBetweenDeadlinesInterruptsAndHandOver() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      for (int i = 0; i < 300; i++) {
        int round = i;
        Loan<Things.Thing> member = acquire(pool);
        FutureTask<Boolean> task =
            new FutureTask<>(() -> {
              try {
                Loan<Things.Thing> own = pool.acquire(round % 2 == 0 ? LONG : 50_000);
                own.item().use();
                pool.giveBack(own);
              } catch (RefusedException e) {
                assertThat(e.reason()).isIn(Reason.INTERRUPTED, Reason.TIMED_OUT);
              }
              return true;
            });
        Thread thread = Thread.ofVirtual().start(task);
        Await.until("waiting or over", () -> task.isDone() || pool.figures().waiting() == 1);
        pool.giveBack(member);
        if (round % 2 == 0) {
          thread.interrupt();
        }
        assertThat(task.get()).isTrue();
      }
      pool.giveBack(acquire(pool));
      assertThat(things.created).hasValue(1);
    }
  }

  @Test
  void aMemberIsRetiredAfterItsUses() throws Exception {
    PoolLimits limits = new PoolLimits(1, 0, Long.MAX_VALUE, 3, Long.MAX_VALUE);
    List<Integer> numbers = new ArrayList<>();
    try (RecyclingPool<Things.Thing> pool = things.pool(limits, new PoolBudget(10, 10))) {
      for (int i = 0; i < 7; i++) {
        Loan<Things.Thing> member = acquire(pool);
        numbers.add(member.item().number);
        pool.giveBack(member);
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
      pool.giveBack(young);
      Loan<Things.Thing> old = acquire(pool);
      assertThat(old.item()).isSameAs(young.item());
      things.nanos.addAndGet(1);
      pool.giveBack(old);
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(old.item());
      assertThat(old.item().state()).isEqualTo(Things.State.CLOSED);
      pool.giveBack(next);
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
      assertThat(pool.figures().retired()).isEqualTo(2);
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
      members.forEach(pool::giveBack);
      awaitReady(pool, 5);
      things.nanos.addAndGet(99);
      Loan<Things.Thing> busy = acquire(pool);
      pool.giveBack(busy);
      awaitReady(pool, 5);
      assertThat(pool.figures().retired()).isZero();

      things.nanos.addAndGet(1);
      pool.poke();
      // Four were not needed, and one of them is the idle one.
      Await.until("three retired", () -> pool.figures().retired() == 3);
      awaitReady(pool, 2);
      assertThat(busy.item().state()).isEqualTo(Things.State.CLEAN);
    }
  }

  @Test
  void aMemberThatCannotBeCleanedIsReplaced() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Loan<Things.Thing> spoilt = acquire(pool);
      things.cleaningFailure = () -> new IllegalStateException("as asked");
      pool.giveBack(spoilt);
      Await.until("closed", () -> spoilt.item().state() == Things.State.CLOSED);
      things.cleaningFailure = () -> null;
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(spoilt.item());
      assertThat(pool.figures().broken()).isEqualTo(1);
      assertThat(things.failures).containsExactly("clean as asked");
      pool.giveBack(next);
    }
  }

  @Test
  void aMemberThatCannotBeTakenBackIsReplaced() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Loan<Things.Thing> spoilt = acquire(pool);
      things.reclaimFailure = () -> new IllegalStateException("as asked");
      pool.giveBack(spoilt);
      Await.until("broken", () -> pool.figures().broken() == 1);
      things.reclaimFailure = () -> null;
      Loan<Things.Thing> next = acquire(pool);
      assertThat(next.item()).isNotSameAs(spoilt.item());
      pool.giveBack(next);
    }
  }

  @Test
  void aMemberStillInUseComesBackWhenThatUseEnds() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      member.item().busy = true;
      pool.giveBack(member);
      Await.until("found in use", () -> pool.figures().lent() == 1);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      member.item().busy = false;
      tickUntilDone(pool, waiting);
      assertThat(waiting.get().item()).isSameAs(member.item());
      pool.giveBack(waiting.get());
    }
  }

  /** The pool asks again when its clock says so. */
  private void tickUntilDone(RecyclingPool<?> pool, FutureTask<?> task)
      throws InterruptedException {
    Await.until(
        "done",
        () -> {
          things.nanos.addAndGet(Duration.ofMillis(10).toNanos());
          pool.poke();
          return task.isDone();
        });
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
      pool.giveBack(acquire(pool));
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
      pool.giveBack(two.get());
    }
  }

  @Test
  void aFailureToGrowLetsThreadsWaitForTheMembersThereAre() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      things.creationFailure = () -> new IllegalStateException("as asked");
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      Await.until("a failure", () -> pool.figures().failures() == 1);
      assertThatThrownBy(() -> pool.acquire(SHORT))
          .asInstanceOf(type(RefusedException.class))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT))
          .satisfies(e -> assertThat(e).hasRootCauseMessage("as asked"));
      pool.giveBack(member);
      pool.giveBack(waiting.get());
    }
  }

  @Test
  void growingIsTriedAgainAfterAPause() throws Exception {
    things.creationFailure = () -> new IllegalStateException("as asked");
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      Await.until("a failure", () -> pool.figures().failures() == 1);
      things.creationFailure = () -> null;
      things.nanos.addAndGet(Duration.ofMillis(100).toNanos());
      pool.poke();
      awaitReady(pool, 1);
      assertThat(pool.figures().failures()).isEqualTo(1);
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
      pool.giveBack(acquire(pool));
    }
  }

  @Test
  void closingRefusesThoseWhoWaitAndThoseWhoCome() throws Exception {
    RecyclingPool<Things.Thing> pool = things.pool(1, 0);
    Loan<Things.Thing> member = acquire(pool);
    FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
    pool.close();
    assertRefused(waiting).isEqualTo(Reason.CLOSED);
    assertRefused(() -> pool.acquire(LONG)).isEqualTo(Reason.CLOSED);
    pool.giveBack(member);
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
    pool.giveBack(member);
    pool.close(); // waits, as nothing is lent any more
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
      ofOne.forEach(one::giveBack);
      closeEarly(one);
      two.giveBack(waiting.get());
      two.giveBack(ofTwo);
    }
    assertThat(things.mostOpen).hasValue(3);
    assertThat(budget.count()).isZero();
  }

  @Test
  void aPoolThatHasNothingSaysThatTheBudgetIsTaken() throws Exception {
    PoolBudget budget = new PoolBudget(1, 1000);
    try (RecyclingPool<Things.Thing> one = things.pool(Things.limits(3, 0), budget);
        RecyclingPool<Things.Thing> two = things.pool(Things.limits(3, 0), budget)) {
      Loan<Things.Thing> member = acquire(one);
      FutureTask<Loan<Things.Thing>> patient = startWaiting(two);
      // Starving is a matter of the caretakers finding out.
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
      one.giveBack(member);
      closeEarly(one);
      two.giveBack(patient.get());
    }
  }

  @Test
  void aPoolGivesUpIdleMembersForOneThatHasNone() throws Exception {
    PoolBudget budget = new PoolBudget(3, 1000);
    try (RecyclingPool<Things.Thing> rich = things.pool(Things.limits(3, 3), budget)) {
      awaitReady(rich, 3);
      try (RecyclingPool<Things.Thing> poor = things.pool(Things.limits(3, 0), budget)) {
        poor.giveBack(acquire(poor));
        // The budget has the place back before the pool that gave it up counts that.
        Await.until("retired", () -> rich.figures().retired() > 0);
      }
      awaitReady(rich, 3); // and takes the place again
      assertThat(rich.figures().retired()).isEqualTo(1);
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
      rich.giveBack(one);
      poor.giveBack(waitingPoor.get());
      rich.giveBack(two);
      rich.giveBack(waitingRich.get());
    }
  }

  @Test
  void figuresSayWhatHappened() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      awaitReady(pool, 1);
      Loan<Things.Thing> member = acquire(pool);
      FutureTask<Loan<Things.Thing>> waiting = startWaiting(pool);
      assertRefused(() -> pool.acquire(0)).isEqualTo(Reason.TIMED_OUT);
      PoolFigures during = pool.figures();
      assertThat(during.total()).isEqualTo(1);
      assertThat(during.lent()).isEqualTo(1);
      assertThat(during.waiting()).isEqualTo(1);
      assertThat(during.ready()).isZero();
      pool.giveBack(member);
      pool.giveBack(waiting.get());
      awaitReady(pool, 1);
      PoolFigures after = pool.figures();
      assertThat(after.acquired()).isEqualTo(2);
      assertThat(after.waited()).isEqualTo(1);
      assertThat(after.refused()).isEqualTo(1);
      assertThat(after.created()).isEqualTo(1);
      assertThat(after.cleaned()).isEqualTo(2);
      assertThat(after.waitNanos()).isPositive().isEqualTo(after.longestWaitNanos());
      assertThat(after.createNanos()).isPositive();
      assertThat(after.cleanNanos()).isPositive();
    }
  }
}

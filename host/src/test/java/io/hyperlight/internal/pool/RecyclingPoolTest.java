package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which waiter gets a member, when, and which member. */
@NotInHardwareLane("No VM takes part.")
class RecyclingPoolTest extends RecyclingPoolFixture {
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
      pool.release(first);
      Loan<Things.Thing> second = acquire(pool);
      assertThat(second.item()).isSameAs(first.item());
      pool.release(second);
      assertThat(things.created).hasValue(1);
    }
  }

  @Test
  void theMemberUsedLastIsLentNext() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(3, 3)) {
      awaitReady(pool, 3);
      Loan<Things.Thing> member = acquire(pool);
      pool.release(member);
      awaitReady(pool, 3);
      Loan<Things.Thing> next = pool.acquire(0);
      assertThat(next.item()).isSameAs(member.item());
      next.item().use();
      pool.release(next);
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
      pool.release(own);
      awaitReady(pool, 2);
      pool.release(other);
      awaitReady(pool, 3);
      Loan<Things.Thing> first = pool.acquire(0);
      Loan<Things.Thing> second = pool.acquire(0);
      assertThat(first.item()).isSameAs(own.item());
      assertThat(second.item()).isSameAs(other.item());
      first.item().use();
      second.item().use();
      pool.release(first);
      pool.release(second);
    }
  }

  @Test
  void nothingSlowIsDoneByThoseWhoAcquire() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(2, 0)) {
      for (int i = 0; i < 20; i++) {
        pool.release(acquire(pool));
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
      assertThat(pool.statistics().sandboxes()).isEqualTo(2);
      pool.release(one);
      pool.release(waiting.get());
      pool.release(two);
    }
    assertThat(things.maxOpen).hasValue(2);
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
              pool.release(own);
              return true;
            });
        tasks.add(task);
        Thread.ofVirtual().start(task);
        Await.until("waiting", () -> pool.statistics().waiting() == number + 1);
      }
      pool.release(member);
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
      pool.release(member);
      assertRefused(() -> pool.acquire(0)).isEqualTo(Reason.TIMED_OUT);
      pool.release(first.get());
    }
  }

  @Test
  void waitingEndsAtTheDeadline() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      assertRefused(() -> pool.acquire(SHORT)).isEqualTo(Reason.TIMED_OUT);
      assertThat(pool.statistics().waiting()).isZero();
      pool.release(member);
      pool.release(acquire(pool));
    }
  }

  @Test
  void whoGaveUpWaitingIsNotServed() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 0)) {
      Loan<Things.Thing> member = acquire(pool);
      assertRefused(() -> pool.acquire(SHORT)).isEqualTo(Reason.TIMED_OUT);
      FutureTask<Loan<Things.Thing>> second = startWaiting(pool);
      pool.release(member);
      pool.release(second.get());
      assertThat(pool.statistics().acquired()).isEqualTo(2);
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
      Await.until("waiting", () -> pool.statistics().waiting() == 1);
      thread.interrupt();
      assertThat(task.get()).isTrue();
      pool.release(member);
      pool.release(acquire(pool));
    }
  }

  @Test
  void anInterruptedThreadMayTakeWhatIsReady() throws Exception {
    try (RecyclingPool<Things.Thing> pool = things.pool(1, 1)) {
      awaitReady(pool, 1);
      Thread.currentThread().interrupt();
      Loan<Things.Thing> member = acquire(pool);
      assertThat(Thread.interrupted()).isTrue();
      pool.release(member);
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
                pool.release(own);
              } catch (RefusedException e) {
                assertThat(e.reason()).isIn(Reason.INTERRUPTED, Reason.TIMED_OUT);
              }
              return true;
            });
        Thread thread = Thread.ofVirtual().start(task);
        Await.until("waiting or over", () -> task.isDone() || pool.statistics().waiting() == 1);
        pool.release(member);
        if (round % 2 == 0) {
          thread.interrupt();
        }
        assertThat(task.get()).isTrue();
      }
      pool.release(acquire(pool));
      assertThat(things.created).hasValue(1);
    }
  }
}

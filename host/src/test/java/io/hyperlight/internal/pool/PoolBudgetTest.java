package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.pool.PoolBudget.Need;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

@NotInHardwareLane("No VM takes part.")
class PoolBudgetTest {
  private final List<String> calls = new ArrayList<>();

  private PoolBudget.Share join(PoolBudget budget, String name, long itemBytes) {
    return budget.join(
        itemBytes,
        new PoolBudget.Listener() {
          @Override
          public void granted() {
            calls.add(name + " granted");
          }

          @Override
          public void asked() {
            calls.add(name + " asked");
          }
        });
  }

  @Test
  void itemsAreReservedUpToTheNumber() {
    PoolBudget budget = new PoolBudget(2, 1000);
    PoolBudget.Share share = join(budget, "a", 10);
    assertThat(share.reserve(Need.MORE)).isTrue();
    assertThat(share.reserve(Need.MORE)).isTrue();
    assertThat(share.reserve(Need.MORE)).isFalse();
    assertThat(share.claim()).isEqualTo(Need.MORE);
    assertThat(budget.count()).isEqualTo(2);
    assertThat(budget.bytes()).isEqualTo(20);
  }

  @Test
  void itemsAreReservedUpToTheMemory() {
    PoolBudget budget = new PoolBudget(100, 25);
    PoolBudget.Share a = join(budget, "a", 10);
    PoolBudget.Share b = join(budget, "b", 15);
    assertThat(a.reserve(Need.MORE)).isTrue();
    assertThat(b.reserve(Need.MORE)).isTrue();
    assertThat(a.reserve(Need.MORE)).isFalse();
  }

  @Test
  void anItemThatNeverFitsIsKnownBeforehand() {
    PoolBudget budget = new PoolBudget(100, 25);
    assertThat(budget.canHold(25)).isTrue();
    assertThat(budget.canHold(26)).isFalse();
  }

  @Test
  void aReleaseGrantsTheOldestClaim() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share a = join(budget, "a", 10);
    PoolBudget.Share b = join(budget, "b", 10);
    PoolBudget.Share c = join(budget, "c", 10);
    assertThat(a.reserve(Need.MORE)).isTrue();
    assertThat(b.reserve(Need.MORE)).isFalse();
    assertThat(c.reserve(Need.MORE)).isFalse();
    assertThat(b.reserve(Need.MORE)).isFalse(); // keeps its place
    a.release();
    assertThat(calls).containsExactly("b granted");
    assertThat(b.claim()).isEqualTo(Need.NONE);
    assertThat(budget.count()).isEqualTo(1);
    b.release();
    assertThat(calls).containsExactly("b granted", "c granted");
  }

  @Test
  void aStarvingPoolComesFirst() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share a = join(budget, "a", 10);
    PoolBudget.Share b = join(budget, "b", 10);
    PoolBudget.Share c = join(budget, "c", 10);
    assertThat(a.reserve(Need.MORE)).isTrue();
    assertThat(b.reserve(Need.MORE)).isFalse();
    assertThat(c.reserve(Need.MORE)).isFalse();
    assertThat(c.reserve(Need.STARVING)).isFalse();
    assertThat(c.claim()).isEqualTo(Need.STARVING);
    calls.clear();
    a.release();
    assertThat(calls).containsExactly("c granted");
  }

  @Test
  void smallItemsDoNotOvertakeALargeOne() {
    PoolBudget budget = new PoolBudget(100, 100);
    PoolBudget.Share small = join(budget, "small", 10);
    PoolBudget.Share large = join(budget, "large", 95);
    assertThat(small.reserve(Need.MORE)).isTrue();
    assertThat(large.reserve(Need.MORE)).isFalse();
    assertThat(small.reserve(Need.MORE)).isFalse();
    small.release();
    assertThat(calls).containsExactly("large granted");
  }

  @Test
  void aClaimThatIsWithdrawnLetsOthersThrough() {
    PoolBudget budget = new PoolBudget(100, 100);
    PoolBudget.Share small = join(budget, "small", 10);
    PoolBudget.Share large = join(budget, "large", 95);
    assertThat(small.reserve(Need.MORE)).isTrue();
    assertThat(large.reserve(Need.MORE)).isFalse();
    assertThat(small.reserve(Need.MORE)).isFalse();
    large.withdraw();
    assertThat(calls).containsExactly("small granted");
    assertThat(budget.bytes()).isEqualTo(20);
  }

  @Test
  void leavingWithdrawsTheClaim() {
    PoolBudget budget = new PoolBudget(1, 100);
    PoolBudget.Share a = join(budget, "a", 10);
    PoolBudget.Share b = join(budget, "b", 10);
    assertThat(a.reserve(Need.MORE)).isTrue();
    assertThat(b.reserve(Need.STARVING)).isFalse();
    b.leave();
    calls.clear();
    a.release();
    assertThat(calls).isEmpty();
    assertThat(budget.count()).isZero();
  }

  @Test
  void onePoolAtATimeGivesUpAnItemForAStarvingOne() {
    PoolBudget budget = new PoolBudget(4, 1000);
    PoolBudget.Share a = join(budget, "a", 10);
    PoolBudget.Share b = join(budget, "b", 10);
    PoolBudget.Share starving = join(budget, "c", 10);
    for (PoolBudget.Share share : List.of(a, a, b, b)) {
      assertThat(share.reserve(Need.MORE)).isTrue();
    }
    assertThat(a.yields()).isFalse();
    assertThat(starving.reserve(Need.STARVING)).isFalse();
    assertThat(calls).containsExactly("a asked", "b asked", "c asked");
    assertThat(starving.yields()).isFalse();
    assertThat(b.yields()).isTrue();
    assertThat(a.yields()).isFalse();
    calls.clear();
    b.release();
    assertThat(calls).containsExactly("c granted");
    assertThat(a.yields()).isFalse();
  }

  @Test
  void poolsGiveUpAsManyItemsAsALargeOneNeeds() {
    PoolBudget budget = new PoolBudget(100, 30);
    PoolBudget.Share small = join(budget, "small", 10);
    PoolBudget.Share large = join(budget, "large", 20);
    for (int i = 0; i < 3; i++) {
      assertThat(small.reserve(Need.MORE)).isTrue();
    }
    assertThat(large.reserve(Need.STARVING)).isFalse();
    assertThat(small.yields()).isTrue();
    small.release();
    assertThat(small.yields()).isTrue();
    calls.clear();
    small.release();
    assertThat(calls).containsExactly("large granted");
    assertThat(small.yields()).isFalse();
  }

  private PoolBudget.Share joinAndReserve(PoolBudget budget) {
    PoolBudget.Share rich = join(budget, "rich", 10);
    assertThat(rich.reserve(Need.MORE)).isTrue();
    return rich;
  }

  /**
   * Returns a growth whose caretaker has asked the budget without success, and has not reported
   * this yet.
   */
  private static Growth growthThatAsksInVain(PoolBudget.Share poor) {
    Growth growth = new Growth(poor, 0);
    assertThat(growth.choose(Need.STARVING, 0)).isEqualTo(Action.GROW);
    assertThat(poor.reserve(Need.STARVING)).isFalse();
    return growth;
  }

  @Test
  void aPoolDoesNotAskAgainForWhatIsGrantedAndNotYetTaken() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share rich = joinAndReserve(budget);
    PoolBudget.Share poor = join(budget, "poor", 10);
    Growth growth = growthThatAsksInVain(poor);
    growth.asked();
    assertThat(growth.mayAsk(Need.STARVING)).isFalse();
    rich.release();
    assertThat(poor.claim()).isEqualTo(Need.NONE);
    assertThat(growth.mayAsk(Need.STARVING)).as("another caretaker looks").isFalse();
    assertThat(growth.choose(Need.STARVING, 0)).isEqualTo(Action.CREATE);
    assertThat(growth.mayAsk(Need.STARVING)).isTrue();
    assertThat(poor.takeGrant()).isFalse();
    assertThat(budget.count()).isEqualTo(1);
  }

  @Test
  void aGrantWaitsForThePoolThatIsStillAsking() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share rich = joinAndReserve(budget);
    PoolBudget.Share poor = join(budget, "poor", 10);
    Growth growth = growthThatAsksInVain(poor);
    rich.release();
    assertThat(growth.choose(Need.NONE, 0)).as("another caretaker looks").isEqualTo(Action.NONE);
    growth.asked();
    assertThat(growth.choose(Need.STARVING, 0)).isEqualTo(Action.CREATE);
  }

  @Test
  void aGrantThatCouldNotBeToldIsToldLater() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share rich = joinAndReserve(budget);
    AtomicInteger told = new AtomicInteger();
    PoolBudget.Share poor =
        budget.join(
            10,
            new PoolBudget.Listener() {
              @Override
              public void granted() {
                if (told.incrementAndGet() == 1) {
                  throw new StackOverflowError();
                }
              }

              @Override
              public void asked() {}
            });
    assertThat(poor.reserve(Need.STARVING)).isFalse();
    assertThatThrownBy(rich::release).isInstanceOf(StackOverflowError.class);
    rich.withdraw();
    rich.withdraw();
    assertThat(told).hasValue(2);
    assertThat(poor.takeGrant()).isTrue();
    assertThat(poor.takeGrant()).isFalse();
  }

  @Test
  void aPoolThatLeavesReleasesWhatItWasGranted() {
    PoolBudget budget = new PoolBudget(1, 1000);
    PoolBudget.Share rich = joinAndReserve(budget);
    PoolBudget.Share poor = join(budget, "poor", 10);
    assertThat(poor.reserve(Need.MORE)).isFalse();
    rich.release();
    assertThat(budget.count()).isEqualTo(1);
    poor.leave();
    assertThat(budget.count()).isZero();
    assertThat(budget.bytes()).isZero();
    assertThat(poor.takeGrant()).isFalse();
  }
}

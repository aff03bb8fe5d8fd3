package io.hyperlight.pool;

import java.util.List;

/** What a caretaker does next, without the pool's lock. */
sealed interface Chore<T> {
  /** Cleans a member. */
  record Clean<T>(Member<T> member) implements Chore<T> {}

  /** Closes a member. */
  record Close<T>(Member<T> member) implements Chore<T> {}

  /** Asks the budget for one more member, and creates it if it may. */
  record Grow<T>(PoolBudget.Need need) implements Chore<T> {}

  /** Creates a member for which the budget has a reservation. */
  record Create<T>() implements Chore<T> {}

  /** Tries to take back what was still used when it was given back. */
  record Reclaim<T>(List<Member<T>> members) implements Chore<T> {}

  /** Gives back a reservation that is not needed any more. */
  record Release<T>() implements Chore<T> {}

  /** Gives up a claim that is not needed any more. */
  record Withdraw<T>() implements Chore<T> {}
}

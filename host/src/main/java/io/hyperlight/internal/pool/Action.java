package io.hyperlight.internal.pool;

/**
 * The next step of a caretaker. The caretaker stores it, with the member that it concerns, until
 * the step is done. So an error in the middle of a step loses neither.
 */
enum Action {
  /** Asks the pool what to do. */
  NONE,

  // The steps of a returned member.

  /** Takes the member from its holder. */
  RECLAIM,
  /** Asks the pool whether to clean or to close the member. */
  DECIDE,
  CLEAN,
  /** Makes the member ready, or lends it to the first waiter. */
  HAND_OUT,
  CLOSE,
  /** Releases the reservation of a closed member. */
  RELEASE_CLOSED,
  /** Counts a closed member. */
  CLOSED,

  // The steps of a new member.

  /** Asks the budget for a reservation. */
  GROW,
  /** Tells the pool the budget's answer. */
  GROWN,
  CREATE,
  /** Releases the reservation of a member that could not be created. */
  RELEASE_FAILED,
  /** Tells the pool why no member could be created. */
  FAILED,

  // Steps with the budget alone.

  /** Releases a reservation that is no longer needed. */
  RELEASE,
  /** Withdraws a claim that is no longer needed. */
  WITHDRAW,

  /** Leaves the budget, after the last member is closed. */
  LEAVE,
  /** Ends the caretaker: no work can follow. */
  END
}

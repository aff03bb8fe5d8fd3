package io.hyperlight.internal.pool;

/**
 * What a caretaker does next. It holds this, with the member that it is about, until it is done: an
 * error in the middle loses neither.
 */
enum Action {
  /** Asks the pool what to do. */
  NONE,

  // The way of a member that was given back.

  /** Takes it from its holder. */
  RECLAIM,
  /** Asks the pool whether to clean or to close it. */
  DECIDE,
  CLEAN,
  /** Makes it ready, or lends it to the first who waits. */
  HAND_OUT,
  CLOSE,
  /** Gives back the reservation of what is closed. */
  RELEASE_CLOSED,
  /** Counts what is closed. */
  CLOSED,

  // The way of a new member.

  /** Asks the budget for one. */
  GROW,
  /** Tells the pool what the budget said. */
  GROWN,
  CREATE,
  /** Gives back the reservation of what could not be made. */
  RELEASE_FAILED,
  /** Tells the pool why it could not be made. */
  FAILED,

  // The budget.

  /** Gives back a reservation that is not needed any more. */
  RELEASE,
  /** Gives up a claim that is not needed any more. */
  WITHDRAW,

  /** Leaves the budget, for good. */
  LEAVE,
  /** Nothing will ever be left to do. */
  END
}

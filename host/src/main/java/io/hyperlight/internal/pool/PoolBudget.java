package io.hyperlight.internal.pool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The budget that pools share: a number of items, and a number of bytes. Each pool has a {@link
 * Share} of it. A pool reserves an item before it creates one, and releases it after it has closed
 * one.
 *
 * <p>If a share is refused, it has a claim from then on, which is granted as soon as there is room.
 * Claims of {@linkplain Need#STARVING starving} pools come first; among claims of one kind, the
 * oldest comes first. No share overtakes a claim, so a share of small items cannot keep one of
 * large items waiting for ever. While a starving pool cannot be served, the budget asks the other
 * pools to give up an item, one at a time.
 *
 * <p><b>Locks.</b> A pool may call {@link Share#yields}, {@link Share#claim}, {@link Share#knows}
 * and {@link Share#takeGrant} while it holds its own lock. It must not call the other methods then,
 * because they may call back into any pool.
 *
 * <p><b>Errors.</b> Every method completes, or fails before it has changed anything. No method
 * allocates memory between its first change and its last.
 */
public final class PoolBudget {
  /** How urgently a pool needs a reservation. */
  public enum Need {
    /** The pool needs no further item. */
    NONE,
    /** The pool has items, and could use another one. */
    MORE,
    /** A caller is waiting, and the pool has no item at all. */
    STARVING
  }

  /** The budget's view of a pool. The methods are called on threads of any pool, without a lock. */
  public interface Listener {
    /** Tells that a claim was granted: {@link Share#takeGrant} may now succeed. */
    void granted();

    /** Tells that some pool is starving: {@link Share#yields} may now require an item. */
    void asked();
  }

  private final int maximumCount;
  private final long maximumBytes;

  /** A monitor, since no error keeps the JVM from releasing it. */
  private final Object lock = new Object();

  /**
   * The shares in the order in which they joined. A change replaces the array and never modifies
   * it.
   */
  private volatile Share[] shares = {};

  private long claimsEver;
  private int count;
  private long bytes;
  private long sharesEver;

  /** Whether some pool should give up an item and none has agreed yet. */
  private volatile boolean yieldWanted;

  /** Whether a pool has agreed and has not released the item yet. */
  private boolean yielding;

  /**
   * Creates a budget of which nothing is used.
   *
   * @param maximumCount the largest number of items
   * @param maximumBytes the largest size of all items together
   */
  public PoolBudget(int maximumCount, long maximumBytes) {
    this.maximumCount = maximumCount;
    this.maximumBytes = maximumBytes;
  }

  public int maximumCount() {
    return maximumCount;
  }

  public long maximumBytes() {
    return maximumBytes;
  }

  /** Returns how many items are reserved now. */
  public int count() {
    synchronized (lock) {
      return count;
    }
  }

  /** Returns how many bytes are reserved now. */
  public long bytes() {
    synchronized (lock) {
      return bytes;
    }
  }

  /** Answers whether pools that have items are asked to give one up. */
  boolean yieldIsWanted() {
    return yieldWanted;
  }

  /** Answers whether an item of this size would fit into the empty budget. */
  public boolean canHold(long itemBytes) {
    return maximumCount > 0 && itemBytes <= maximumBytes;
  }

  /**
   * Adds a share for a pool, until it {@linkplain Share#leave leaves}.
   *
   * @param itemBytes the size of each of its items
   * @param listener the pool
   */
  public Share join(long itemBytes, Listener listener) {
    synchronized (lock) {
      Share share = new Share(itemBytes, listener, sharesEver + 1);
      Share[] more = Arrays.copyOf(shares, shares.length + 1);
      more[shares.length] = share;
      sharesEver++;
      shares = more;
      return share;
    }
  }

  /** The part of the budget that one pool uses. */
  public final class Share {
    private final long itemBytes;
    private final Listener listener;
    private final long number;
    private volatile Need claim = Need.NONE;
    private boolean yields;

    /** The number of its claim among all claims of the budget. */
    private long claimedAt;

    /** Reservations that were granted but not taken yet. */
    private volatile int grants;

    /** How many grants there have been. */
    private long grantsEver;

    /** The last grant that the pool was told of. Later grants are reported without the lock. */
    private long grantsTold;

    /** Whether the pool must be asked for an item once the lock is released. */
    private boolean askToTell;

    private Share(long itemBytes, Listener listener, long number) {
      this.itemBytes = itemBytes;
      this.listener = listener;
      this.number = number;
    }

    /** Returns the number of this share; the first share of the budget has number 1. */
    public long number() {
      return number;
    }

    /** Returns the current claim. */
    public Need claim() {
      return claim;
    }

    /** Answers whether the share has a claim at least as urgent as a need, or a grant. */
    boolean knows(Need need) {
      // Read the claim first: a grant appears before the claim that it replaces disappears.
      return claim.compareTo(need) >= 0 || grants > 0;
    }

    /** Takes a reservation that was granted. The caller uses or releases it. */
    boolean takeGrant() {
      if (grants == 0) {
        return false;
      }
      synchronized (lock) {
        if (grants == 0) {
          return false;
        }
        grants--;
        return true;
      }
    }

    /**
     * Reserves an item, or makes a claim. The new claim replaces one of another kind; a claim of
     * the same kind keeps its place.
     *
     * @param need not NONE
     * @return whether the item is reserved; the share then has no claim
     */
    public boolean reserve(Need need) {
      boolean reserved;
      synchronized (lock) {
        reserved = fits(this) && isFirst(this, need);
        if (reserved) {
          unclaim(this);
          take(this);
        } else if (claim != need) {
          unclaim(this);
          claimedAt = ++claimsEver;
          claim = need;
        }
        grant();
      }
      tell();
      return reserved;
    }

    /** Releases the reservation of an item that is closed now, or was never made. */
    public void release() {
      synchronized (lock) {
        count--;
        bytes -= itemBytes;
        if (yields) {
          yields = false;
          yielding = false;
        }
        grant();
      }
      tell();
    }

    /** Withdraws the claim, if there is one. The claim may have been granted already. */
    public void withdraw() {
      synchronized (lock) {
        unclaim(this);
        grant();
      }
      tell();
    }

    /**
     * Answers whether this pool must close one of its items for another pool that has none. After
     * true, the pool must close the item and release it, and no other pool gets true meanwhile.
     * Costs next to nothing while no pool is starving.
     */
    public boolean yields() {
      if (!yieldWanted) {
        return false;
      }
      synchronized (lock) {
        if (!yieldWanted || claim == Need.STARVING) {
          return false;
        }
        yieldWanted = false;
        yielding = true;
        yields = true;
        return true;
      }
    }

    /**
     * Leaves the budget and withdraws the claim. The pool has released all its reservations before.
     */
    public void leave() {
      synchronized (lock) {
        Share[] all = shares;
        int place = Arrays.asList(all).indexOf(this);
        if (place >= 0) {
          Share[] fewer = Arrays.copyOf(all, all.length - 1);
          System.arraycopy(all, place + 1, fewer, place, fewer.length - place);
          shares = fewer;
        }
        unclaim(this);
        count -= grants; // no pool will use them
        bytes -= grants * itemBytes;
        grants = 0;
        grant();
      }
      tell();
    }
  }

  // The caller of the following methods holds the lock.

  private boolean fits(Share share) {
    return count < maximumCount && share.itemBytes <= maximumBytes - bytes;
  }

  private void take(Share share) {
    count++;
    bytes += share.itemBytes;
  }

  private boolean isFirst(Share share, Need need) {
    Share first = firstOf(Need.STARVING);
    if (first == null && need == Need.MORE) {
      first = firstOf(Need.MORE);
    }
    return first == null || first == share;
  }

  /** Returns the share with the oldest claim of a kind; null if there is none. */
  private @Nullable Share firstOf(Need need) {
    Share first = null;
    for (Share share : shares) {
      if (share.claim == need && (first == null || share.claimedAt < first.claimedAt)) {
        first = share;
      }
    }
    return first;
  }

  private static void unclaim(Share share) {
    share.claim = Need.NONE;
  }

  /**
   * Grants the claims that fit. If a starving pool's claim does not fit, the other pools must be
   * asked for an item.
   */
  private void grant() {
    while (true) {
      Share first = firstOf(Need.STARVING);
      if (first == null) {
        first = firstOf(Need.MORE);
      }
      if (first == null || !fits(first)) {
        break;
      }
      take(first);
      int more = first.grants + 1; // safe: the lock is held
      first.grants = more;
      first.grantsEver++;
      unclaim(first);
    }
    boolean wanted = firstOf(Need.STARVING) != null && !yielding;
    if (wanted && !yieldWanted) {
      for (Share share : shares) {
        share.askToTell = true;
      }
    }
    yieldWanted = wanted;
  }

  /**
   * Calls the pools that were not told of their grants or requests yet. The caller does not hold
   * the lock.
   */
  private void tell() {
    for (Share share : shares) {
      long granted = grantToTell(share);
      if (granted != 0) {
        share.listener.granted();
        grantTold(share, granted); // last: after an earlier error, another thread tells
      }
    }
    for (Share share : shares) {
      if (takeAskToTell(share)) {
        share.listener.asked();
      }
    }
  }

  /** Returns the number of the last grant, or 0 if the pool knows of it. */
  private long grantToTell(Share share) {
    synchronized (lock) {
      return share.grantsTold == share.grantsEver ? 0 : share.grantsEver;
    }
  }

  private void grantTold(Share share, long number) {
    synchronized (lock) {
      share.grantsTold = Math.max(share.grantsTold, number);
    }
  }

  private boolean takeAskToTell(Share share) {
    synchronized (lock) {
      boolean ask = share.askToTell;
      share.askToTell = false;
      return ask;
    }
  }
}

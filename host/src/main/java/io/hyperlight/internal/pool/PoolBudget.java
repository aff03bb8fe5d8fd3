package io.hyperlight.internal.pool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What all pools together may hold: a number of items, and bytes. A pool has a {@link Share} of it,
 * reserves an item there before it creates one, and releases it after it has closed one.
 *
 * <p>A share that is refused has a claim from then on, and is granted a reservation as soon as one
 * is free: claims of {@linkplain Need#STARVING starving} pools first, each kind in the order in
 * which they were made. Nobody overtakes a claim, so a share of small items cannot keep one of
 * large items waiting for ever. While a starving pool cannot be served, the other pools are asked
 * to give up an item, one at a time.
 *
 * <p><b>Locks.</b> A pool may call {@link Share#yields}, {@link Share#claim}, {@link Share#knows}
 * and {@link Share#takeGrant} while it holds its own lock, and none of the other methods, because
 * they may call back into any pool.
 *
 * <p><b>Errors.</b> Every method does its part wholly, or fails before it has changed anything:
 * nothing is allocated in between.
 */
public final class PoolBudget {
  /** How much a pool needs a reservation. */
  public enum Need {
    /** It claims nothing. */
    NONE,
    /** It has items, and could use another one. */
    MORE,
    /** Somebody is waiting, and it has no item at all. */
    STARVING
  }

  /** A pool, as the budget sees it. Called on threads of any pool, without a lock. */
  public interface Listener {
    /** A claim was granted: {@link Share#takeGrant} may now say so. */
    void granted();

    /** Some pool is starving: {@link Share#yields} may now say that an item has to go. */
    void asked();
  }

  private final int maximumCount;
  private final long maximumBytes;

  /** A monitor, which no error keeps from being given free. */
  private final Object lock = new Object();

  /** In the order in which they joined. Replaced by another one, never changed. */
  private volatile Share[] shares = {};

  private long claimsEver;
  private int count;
  private long bytes;
  private long sharesEver;

  /** Whether some pool has to give up an item, and none has said yet that it will. */
  private volatile boolean yieldWanted;

  /** Whether some pool has said so, and has not released the item yet. */
  private boolean yielding;

  /**
   * An empty budget.
   *
   * @param maximumCount of items
   * @param maximumBytes of all items together
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

  /** How many items are reserved now. */
  public int count() {
    synchronized (lock) {
      return count;
    }
  }

  /** How many bytes are reserved now. */
  public long bytes() {
    synchronized (lock) {
      return bytes;
    }
  }

  /** Whether pools that have items are asked to give up one. */
  boolean yieldIsWanted() {
    return yieldWanted;
  }

  /** Whether an item of this size would ever fit. */
  public boolean canHold(long itemBytes) {
    return maximumCount > 0 && itemBytes <= maximumBytes;
  }

  /**
   * A share for a pool, until it {@linkplain Share#leave leaves}.
   *
   * @param itemBytes of each of its items
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

  /** One pool's part of the budget. */
  public final class Share {
    private final long itemBytes;
    private final Listener listener;
    private final long number;
    private volatile Need claim = Need.NONE;
    private boolean yields;

    /** When it made its claim: counts all claims. */
    private long claimedAt;

    /** Reservations that were granted, and not taken yet. */
    private volatile int grants;

    /** Counts all grants. */
    private long grantsEver;

    /** The last of those that the pool was told of; it is told of a later one without the lock. */
    private long grantsTold;

    /** Whether the pool is to be asked when the lock is free again. */
    private boolean askToTell;

    private Share(long itemBytes, Listener listener, long number) {
      this.itemBytes = itemBytes;
      this.listener = listener;
      this.number = number;
    }

    /** Counts the shares of this budget from 1 on. */
    public long number() {
      return number;
    }

    /** What the share claims now. */
    public Need claim() {
      return claim;
    }

    /** Whether a claim is under way, of this kind or a more urgent one, or was granted. */
    boolean knows(Need need) {
      // The claim first: what takes its place is there before it goes.
      return claim.compareTo(need) >= 0 || grants > 0;
    }

    /** Takes a reservation that was granted. Whoever takes it uses or releases it. */
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
     * Reserves an item, or makes a claim, in place of a claim of another kind. Whoever has a claim
     * of this kind already keeps its place.
     *
     * @param need not NONE
     * @return whether the item is reserved; the share then claims nothing
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

    /** Gives back the reservation of an item that is closed now, or was never made. */
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

    /** Gives up the claim, if there is one. It may have been granted all the same. */
    public void withdraw() {
      synchronized (lock) {
        unclaim(this);
        grant();
      }
      tell();
    }

    /**
     * Whether this pool has to close one of its items for another pool that has none. Who is told
     * so must do it, and release it; nobody else is told so meanwhile. Costs next to nothing as
     * long as no pool is starving.
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

    /** Gives up share and claim. Everything reserved must have been released. */
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
        count -= grants; // nobody is left to use them
        bytes -= grants * itemBytes;
        grants = 0;
        grant();
      }
      tell();
    }
  }

  // What follows is called with the lock held.

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

  /** The one with the oldest claim of a kind. */
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

  /** Serves the claims that can be served, and sees to it that the next starving one can be. */
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
      int more = first.grants + 1; // with the lock held
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

  /** Calls the pools for which there is news, without the lock. */
  private void tell() {
    for (Share share : shares) {
      long granted = grantToTell(share);
      if (granted != 0) {
        share.listener.granted();
        grantTold(share, granted); // not before: where an error of the JVM comes first, others tell
      }
    }
    for (Share share : shares) {
      if (takeAskToTell(share)) {
        share.listener.asked();
      }
    }
  }

  /** The number of the last grant, or 0 if the pool knows of it. */
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

package io.hyperlight.pool;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
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
 * <p><b>Locks.</b> A pool may call {@link Share#yields} and {@link Share#claim} while it holds its
 * own lock, and none of the other methods, because they may call back into any pool.
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
    /** The claim was granted: one item is reserved. */
    void granted();

    /** Some pool is starving: {@link Share#yields} may now say that an item has to go. */
    void asked();
  }

  private final int maximumCount;
  private final long maximumBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final SequencedSet<Share> shares = new LinkedHashSet<>();
  private final SequencedSet<Share> starving = new LinkedHashSet<>();
  private final SequencedSet<Share> wantingMore = new LinkedHashSet<>();
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
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** How many bytes are reserved now. */
  public long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
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
    lock.lock();
    try {
      Share share = new Share(itemBytes, listener, ++sharesEver);
      shares.add(share);
      return share;
    } finally {
      lock.unlock();
    }
  }

  /** One pool's part of the budget. */
  public final class Share {
    private final long itemBytes;
    private final Listener listener;
    private final long number;
    private volatile Need claim = Need.NONE;
    private boolean yields;

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

    /**
     * Reserves an item, or makes a claim, in place of a claim of another kind. Whoever has a claim
     * of this kind already keeps its place.
     *
     * @param need not NONE
     * @return whether the item is reserved; the share then claims nothing
     */
    public boolean reserve(Need need) {
      Calls calls = new Calls();
      boolean reserved;
      lock.lock();
      try {
        reserved = fits(this) && isFirst(this, need);
        if (reserved) {
          unclaim(this);
          take(this);
        } else if (claim != need) {
          unclaim(this);
          claim = need;
          (need == Need.STARVING ? starving : wantingMore).addLast(this);
        }
        grant(calls);
      } finally {
        lock.unlock();
      }
      calls.make();
      return reserved;
    }

    /** Gives back the reservation of an item that is closed now, or was never made. */
    public void release() {
      Calls calls = new Calls();
      lock.lock();
      try {
        count--;
        bytes -= itemBytes;
        if (yields) {
          yields = false;
          yielding = false;
        }
        grant(calls);
      } finally {
        lock.unlock();
      }
      calls.make();
    }

    /** Gives up the claim, if there is one. A grant may be on its way all the same. */
    public void withdraw() {
      Calls calls = new Calls();
      lock.lock();
      try {
        unclaim(this);
        grant(calls);
      } finally {
        lock.unlock();
      }
      calls.make();
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
      lock.lock();
      try {
        if (!yieldWanted || claim == Need.STARVING) {
          return false;
        }
        yieldWanted = false;
        yielding = true;
        yields = true;
        return true;
      } finally {
        lock.unlock();
      }
    }

    /** Gives up share and claim. Everything reserved must have been released. */
    public void leave() {
      Calls calls = new Calls();
      lock.lock();
      try {
        shares.remove(this);
        unclaim(this);
        grant(calls);
      } finally {
        lock.unlock();
      }
      calls.make();
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
    Share first = firstOf(starving);
    if (first == null && need == Need.MORE) {
      first = firstOf(wantingMore);
    }
    return first == null || first == share;
  }

  private static @Nullable Share firstOf(SequencedSet<Share> claims) {
    return claims.isEmpty() ? null : claims.getFirst();
  }

  private void unclaim(Share share) {
    share.claim = Need.NONE;
    starving.remove(share);
    wantingMore.remove(share);
  }

  /** Serves the claims that can be served, and sees to it that the next starving one can be. */
  private void grant(Calls calls) {
    while (true) {
      Share first = firstOf(starving);
      if (first == null) {
        first = firstOf(wantingMore);
      }
      if (first == null || !fits(first)) {
        break;
      }
      unclaim(first);
      take(first);
      calls.granted.add(first.listener);
    }
    boolean wanted = !starving.isEmpty() && !yielding;
    if (wanted && !yieldWanted) {
      shares.forEach(share -> calls.asked.add(share.listener));
    }
    yieldWanted = wanted;
  }

  /** The calls into pools to be made when the lock is free again. */
  private static final class Calls {
    final List<Listener> granted = new ArrayList<>(0);
    final List<Listener> asked = new ArrayList<>(0);

    void make() {
      granted.forEach(Listener::granted);
      asked.forEach(Listener::asked);
    }
  }
}

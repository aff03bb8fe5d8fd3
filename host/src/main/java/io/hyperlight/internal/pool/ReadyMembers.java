package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * The members that are clean and wait to be lent: a stack, so that those which are not needed sink
 * to the bottom. As many members as have not moved for some time are as many as were never needed
 * in that time; so the pool has too many when more than its idle ones have been ready for the idle
 * time. Guarded by the pool's lock.
 */
final class ReadyMembers<T> {
  private final PoolLimits limits;

  /** The one that was used last comes last. */
  final MemberList<T> members = new MemberList<>();

  /** No member expires before that, so that they need not be looked at on every occasion. */
  private long noneExpiresBefore;

  ReadyMembers(PoolLimits limits) {
    this.limits = limits;
  }

  boolean isEmpty() {
    return members.size == 0;
  }

  int size() {
    return members.size;
  }

  void push(Member<T> member, long now) {
    member.readySince = now;
    long expiry = earlier(now + limits.idleNanos(), member.createdAt + limits.ageNanos());
    noneExpiresBefore = isEmpty() ? expiry : earlier(noneExpiresBefore, expiry);
    members.addLast(member);
  }

  /**
   * Finds the one that a thread had last, for an item may run best where it ran before; else the
   * one that was used last. Leaves it where it is.
   */
  @Nullable Member<T> find(long threadId) {
    for (Member<T> member = members.last; member != null; member = member.before) {
      if (member.lastHolder == threadId) {
        return member;
      }
    }
    return members.last;
  }

  /** Takes the one that has not been used for the longest time. */
  @Nullable Member<T> popLongestReady() {
    return members.pollFirst();
  }

  /** Takes one that is too old, or too many. */
  @Nullable Member<T> popExpired(long now) {
    if (isEmpty() || now - noneExpiresBefore < 0) {
      return null;
    }
    noneExpiresBefore = now;
    long next = now + limits.idleNanos();
    Member<T> firstBeyondIdle = members.first;
    for (int i = 0; i < limits.idle() && firstBeyondIdle != null; i++) {
      firstBeyondIdle = firstBeyondIdle.after;
    }
    if (firstBeyondIdle != null) {
      next = firstBeyondIdle.readySince + limits.idleNanos();
      if (now - next >= 0) {
        return members.pollFirst();
      }
    }
    for (Member<T> member = members.first; member != null; member = member.after) {
      long tooOldAt = member.createdAt + limits.ageNanos();
      if (now - tooOldAt >= 0) {
        members.remove(member);
        return member;
      }
      next = earlier(next, tooOldAt);
    }
    noneExpiresBefore = next;
    return null;
  }

  /** How long until it is worth asking for expired ones; only while there are members. */
  long nanosUntilExpiry(long now) {
    return noneExpiresBefore - now;
  }

  private static long earlier(long a, long b) {
    return a - b < 0 ? a : b;
  }
}

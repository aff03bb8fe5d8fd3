package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * The clean members, which wait to be lent. They form a stack, so members that are not needed sink
 * to the bottom. The members at the bottom that have not moved for some time were not needed in
 * that time. So the pool has too many members when more than its idle number have been ready for
 * the idle time. Guarded by the pool's lock.
 */
final class ReadyMembers<T> {
  private final PoolLimits limits;

  /** The most recently used member comes last. */
  final MemberList<T> members = new MemberList<>();

  /** No member expires before this time, so earlier checks can be skipped. */
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
   * Finds the member that a thread used last, since an item may run best where it ran before.
   * Otherwise finds the most recently used member. The member stays in the list.
   */
  @Nullable Member<T> find(long threadId) {
    for (Member<T> member = members.last; member != null; member = member.before) {
      if (member.lastHolder == threadId) {
        return member;
      }
    }
    return members.last;
  }

  /** Takes the member that has been ready for the longest time. */
  @Nullable Member<T> popLongestReady() {
    return members.pollFirst();
  }

  /** Takes a member that is too old, or one too many; null if there is none. */
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

  /** Returns how long it takes until a member may expire. Call it only while there are members. */
  long nanosUntilExpiry(long now) {
    return noneExpiresBefore - now;
  }

  private static long earlier(long a, long b) {
    return a - b < 0 ? a : b;
  }
}

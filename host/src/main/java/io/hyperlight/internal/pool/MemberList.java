package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * Members in a row, linked through themselves, so that nothing is allocated to move one. Guarded by
 * the pool's lock. Holders, whose stack may be at its end, change the fields themselves: see {@link
 * RecyclingPool}.
 */
final class MemberList<T> {
  @Nullable Member<T> first;
  @Nullable Member<T> last;
  int size;

  void addLast(Member<T> member) {
    member.before = last;
    member.after = null;
    if (last == null) {
      first = member;
    } else {
      last.after = member;
    }
    last = member;
    size++;
  }

  void remove(Member<T> member) {
    Member<T> before = member.before;
    Member<T> after = member.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.before = before;
    }
    member.before = null;
    member.after = null;
    size--;
  }

  @Nullable Member<T> pollFirst() {
    Member<T> member = first;
    if (member != null) {
      remove(member);
    }
    return member;
  }
}

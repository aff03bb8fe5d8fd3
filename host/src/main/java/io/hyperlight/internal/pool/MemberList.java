package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * A list of members that are linked through their own fields, so that moving one allocates nothing.
 * Guarded by the pool's lock. A holder's stack may be nearly full, so holders change the fields
 * directly: see {@link RecyclingPool}.
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

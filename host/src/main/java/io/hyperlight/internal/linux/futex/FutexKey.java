package io.hyperlight.internal.linux.futex;

import org.jspecify.annotations.Nullable;

/**
 * Identifies a futex. Two words with the same key are one futex, even at different addresses.
 *
 * @param object the shared object that is mapped there; null for memory of one process
 * @param place the offset in the object, or the address
 */
record FutexKey(Kind kind, @Nullable Object object, long place) {
  /** Says how a futex is identified. Linux never takes one kind for another. */
  enum Kind {
    /** By the address, since the program has said that only one process uses it. */
    PRIVATE,
    /** By the address, since the memory there is private. */
    PRIVATE_MEMORY,
    /** By the place in a shared object. */
    SHARED,
    /** By itself: its memory was unmapped while a task waited. */
    GONE
  }

  /** Returns a key that equals no other one. */
  static FutexKey gone() {
    return new FutexKey(Kind.GONE, new Object(), 0);
  }
}

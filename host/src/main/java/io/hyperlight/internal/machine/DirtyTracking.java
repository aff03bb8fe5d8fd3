package io.hyperlight.internal.machine;

/** How the pages that a guest writes are found. */
enum DirtyTracking {
  /** Not at all: for machines that never go back. */
  NONE,
  /** By the dirty ring, without a system call. */
  RING,
  /** By the dirty log, for kernels without a ring that works. */
  LOG
}

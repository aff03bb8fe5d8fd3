package io.hyperlight.internal.hypervisor;

/** How the pages that a guest writes are found. */
public enum DirtyTracking {
  /** Not at all: for machines that never go back. */
  NONE,
  /** By a ring of entries that the hypervisor fills, without a system call. */
  RING,
  /** By a bitmap, for a hypervisor without a ring that works. */
  LOG
}

package io.hyperlight.internal.hypervisor;

/** How the hypervisor finds the pages that a guest writes. */
public enum DirtyTracking {
  /** It does not find them: for machines that are never restored. */
  NONE,
  /** It fills a ring with entries, which the host reads without a system call. */
  RING,
  /** It keeps a bitmap: for a hypervisor without a ring that works. */
  LOG
}

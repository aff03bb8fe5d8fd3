package io.hyperlight.internal.vfs;

/** The modes of {@code renameat2(2)}. */
public enum Renaming {
  /** Replaces the entry that has the new name. */
  REPLACE,

  /** Fails with EEXIST if an entry has the new name. */
  NO_REPLACE,

  /** Swaps the two entries; ENOENT if no entry has the new name. */
  EXCHANGE,

  /** Replaces as {@link #REPLACE} does, and leaves a device without a number at the old name. */
  WHITEOUT,

  /** Fails as {@link #NO_REPLACE} does, and leaves a device without a number at the old name. */
  WHITEOUT_NO_REPLACE;

  /** Answers whether the entry with the new name may be lost. */
  public boolean replaces() {
    return this != NO_REPLACE && this != WHITEOUT_NO_REPLACE;
  }

  /** Answers whether a device without a number gets the old name. */
  public boolean leavesWhiteout() {
    return this == WHITEOUT || this == WHITEOUT_NO_REPLACE;
  }
}

package io.hyperlight.internal.vfs;

/** The ways of {@code renameat2(2)}. */
public enum Renaming {
  /** In place of what has the new name. */
  REPLACE,

  /** Only if nothing has the new name; else EEXIST. */
  NO_REPLACE,

  /** The two change places; ENOENT if nothing has the new name. */
  EXCHANGE,

  /** As {@link #REPLACE}, and a device without a number gets the old name. */
  WHITEOUT,

  /** As {@link #NO_REPLACE}, and a device without a number gets the old name. */
  WHITEOUT_NO_REPLACE;

  /** Whether what has the new name may be lost. */
  public boolean replaces() {
    return this != NO_REPLACE && this != WHITEOUT_NO_REPLACE;
  }

  /** Whether a device without a number gets the old name. */
  public boolean leavesWhiteout() {
    return this == WHITEOUT || this == WHITEOUT_NO_REPLACE;
  }
}

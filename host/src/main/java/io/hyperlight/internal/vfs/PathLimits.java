package io.hyperlight.internal.vfs;

/** Limits on the length and depth of paths. */
public final class PathLimits {
  /** The longest path in bytes, with its zero byte; {@code PATH_MAX}. */
  public static final int LONGEST_PATH = 4096;

  /** The longest name in bytes; {@code NAME_MAX}. */
  public static final int LONGEST_NAME = 255;

  /** The depth of the deepest location. Each step takes two bytes of a path or more. */
  public static final int DEEPEST = LONGEST_PATH / 2;

  private PathLimits() {}
}

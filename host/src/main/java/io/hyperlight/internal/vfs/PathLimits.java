package io.hyperlight.internal.vfs;

/** How long and how deep paths can be. */
public final class PathLimits {
  /** The longest path, zero byte included; {@code PATH_MAX}. */
  public static final int LONGEST_PATH = 4096;

  /** {@code NAME_MAX}. */
  public static final int LONGEST_NAME = 255;

  /** How deep a location can be: no longer path has a name. */
  public static final int DEEPEST = LONGEST_PATH / 2;

  private PathLimits() {}
}

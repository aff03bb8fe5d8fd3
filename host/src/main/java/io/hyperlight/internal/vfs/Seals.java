package io.hyperlight.internal.vfs;

/** The seals of files, which forbid changes for ever: {@code F_ADD_SEALS} of {@code fcntl(2)}. */
public final class Seals {
  /** No more seals. Files that are not made for seals have this one from the beginning. */
  public static final int SEAL = 1;

  public static final int SHRINK = 2;
  public static final int GROW = 4;
  public static final int WRITE = 8;

  /** As {@link #WRITE}, but mappings that exist may write on. */
  public static final int FUTURE_WRITE = 16;

  /** The permissions to execute stay as they are. */
  public static final int EXEC = 32;

  public static final int ALL = SEAL | SHRINK | GROW | WRITE | FUTURE_WRITE | EXEC;

  private Seals() {}

  /** Answers whether new writes are forbidden. */
  public static boolean forbidWrites(int seals) {
    return (seals & (WRITE | FUTURE_WRITE)) != 0;
  }
}

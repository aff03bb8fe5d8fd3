package io.hyperlight.internal.os;

/**
 * Checks that the calling thread's stack has room. Code that opens something needs this room. If
 * the stack overflowed before a field records the resource, or on the way to close it, the resource
 * would stay open. So an overflow happens here, before anything is open.
 */
public final class StackRoom {
  /**
   * The depth of the recursion. With the arguments below it takes at least 32 KiB in compiled code,
   * and three times as much in interpreted code. This is more than it takes to record a resource,
   * or to fail and close it, including the classes that must be loaded for that.
   */
  private static final int DEPTH = 200;

  /** The depth of a recursion that takes at least two KiB or so. */
  private static final int LITTLE = 12;

  private StackRoom() {}

  /**
   * Checks that there is room to open something and to close it. Takes about a microsecond.
   *
   * @throws StackOverflowError if there is none; nothing has happened then
   */
  public static void require() {
    long _ = descend(DEPTH, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  }

  /**
   * Checks that there is room for a few calls that allocate nothing, such as those that release
   * what the caller claims next. Takes less than a tenth of a microsecond.
   *
   * @throws StackOverflowError if there is none; nothing has happened then
   */
  public static void requireLittle() {
    long _ = descend(LITTLE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  }

  /** Recurses with rotating arguments, so that the compiler keeps all of them on the stack. */
  private static long descend(
      int depth,
      long a,
      long b,
      long c,
      long d,
      long e,
      long f,
      long g,
      long h,
      long i,
      long j,
      long k,
      long l,
      long m,
      long n,
      long o,
      long p,
      long q,
      long r,
      long s,
      long t) {
    return depth == 0
        ? a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t
        : 1 + descend(depth - 1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, a);
  }
}

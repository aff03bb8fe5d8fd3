package io.hyperlight.internal.os;

/**
 * Room on the calling thread's stack. Whoever opens something has to have it: should the stack
 * overflow between the opening and the field that remembers it, or on the way to close it again,
 * nobody would ever close it. So a stack overflows here, before anything is open.
 */
public final class StackRoom {
  /**
   * With the arguments below, 32 KiB at least in compiled code, and three times that in interpreted
   * code: more than it takes to remember a thing, or to fail and close it, also where classes have
   * to be loaded for that.
   */
  private static final int DEPTH = 200;

  /** Some two KiB at least. */
  private static final int LITTLE = 12;

  private StackRoom() {}

  /**
   * Makes sure that there is room to open something and to close it. Takes about a microsecond.
   *
   * @throws StackOverflowError if there is none; nothing has happened then
   */
  public static void require() {
    long _ = descend(DEPTH, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  }

  /**
   * Makes sure that there is room for a few calls that allocate nothing, such as those that give
   * something free that is claimed next. Takes less than a tenth of a microsecond.
   *
   * @throws StackOverflowError if there is none; nothing has happened then
   */
  public static void requireLittle() {
    long _ = descend(LITTLE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  }

  /** Arguments that go round, for the compiler to keep all of them on the stack. */
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

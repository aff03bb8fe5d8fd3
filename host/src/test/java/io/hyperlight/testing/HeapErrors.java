package io.hyperlight.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the heap full where the library allocates something; {@link HeapErrorLoader} adds the
 * calls. Affects all threads.
 */
public final class HeapErrors {
  /** The JVM, too, has one that was made before, and throws it again and again. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  private static final OutOfMemoryError FULL = new OutOfMemoryError("injected");

  private static final int SHOWN = 12;

  private static volatile @Nullable HeapErrors plan;

  private final long first;
  private final boolean lasts;
  private final List<Integer> sites = new ArrayList<>();
  private long count;
  private @Nullable String where;

  private HeapErrors(long first, boolean lasts) {
    this.first = first;
    this.lasts = lasts;
  }

  /**
   * Begins.
   *
   * @param first which allocation fails, counted from now on: 1 for the next one
   * @param lasts whether all later ones fail, too
   */
  public static void arm(long first, boolean lasts) {
    plan = new HeapErrors(first, lasts);
  }

  /** Ends it. */
  public static HeapErrors disarm() {
    HeapErrors ended = plan;
    plan = null;
    if (ended == null) {
      throw new IllegalStateException("not armed");
    }
    return ended;
  }

  /** Whether something failed. */
  public boolean hasFailed() {
    return where() != null;
  }

  /** The places where something was allocated, in their order, up to the one that failed. */
  public synchronized List<Integer> sites() {
    return List.copyOf(sites);
  }

  /** Where the first failed. */
  public synchronized @Nullable String where() {
    return where;
  }

  /** Called before each allocation at a place in the library. */
  public static void allocation(int site) {
    HeapErrors now = plan;
    if (now != null) {
      now.allocate(site);
    }
  }

  private synchronized void allocate(int site) {
    count++;
    if (count <= first) {
      sites.add(site);
    }
    if (count == first) {
      where =
          Arrays.stream(new Throwable().getStackTrace())
              .skip(2)
              .limit(SHOWN)
              .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
              .collect(Collectors.joining(" < "));
    }
    if (count == first || (lasts && count > first)) {
      throw FULL;
    }
  }
}

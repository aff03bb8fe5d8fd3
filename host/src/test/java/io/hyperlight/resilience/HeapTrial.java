package io.hyperlight.resilience;

import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FaultInjection;
import io.hyperlight.testing.HeapErrors;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Does something again and again, and lets the heap be full at another allocation of the library
 * each time: for that one alone, and from there on. Each place in the library has its turn, and
 * some of its later passes.
 */
final class HeapTrial implements Trial {
  /** How many allocations of a scenario fail only to spread failures over it. */
  private static final int SPREAD = Integer.getInteger("hyperlight.test.heap.spread", 12);

  /**
   * Scenarios where it takes seconds each time to see that a full heap cannot be helped. Also, the
   * JDK needs memory to remove a file.
   */
  private static final Set<String> NEVER_LASTING =
      Set.of("pool", "call-on-virtual-thread", "deadline", "save");

  private final Scenario afterwards;

  /**
   * Scenarios in which each place fails several times, because not all of them hold the same
   * things.
   */
  private static final Set<String> THOROUGH =
      Set.of("spawn", "snapshot", "restore-other", "mount", "open-files");

  /** Places that had their turn. */
  private final Set<Integer> tried = new HashSet<>();

  /** Those that had it with a heap that stayed full. */
  private final Set<Integer> triedLasting = new HashSet<>();

  private final Set<String> problems = new TreeSet<>();
  private final List<String> found = new ArrayList<>();

  // Of the attempt that is going on.
  private long number = Long.MAX_VALUE;
  private boolean lasts;
  private boolean failed;
  private @Nullable String where;
  private final List<List<Integer>> sites = new ArrayList<>();

  HeapTrial(Scenario afterwards) {
    this.afterwards = afterwards;
  }

  @Override
  public void runThrough(String name, Scenario scenario) throws Exception {
    scenario.run(); // so that everything is linked
    afterwards.run();
    sites.clear();
    scenario.run();
    List<List<Integer>> injected = List.copyOf(sites);
    Set<Integer> known = THOROUGH.contains(name) ? new HashSet<>() : tried;
    int attempts = attempts(name, scenario, chosen(injected, known), false);
    tried.addAll(known);
    if (!NEVER_LASTING.contains(name)) {
      attempts += attempts(name, scenario, chosen(injected, triedLasting), true);
    }
    number = Long.MAX_VALUE;
    System.out.printf("%s: %d attempts%n", name, attempts);
  }

  /** The numbers of the allocations that are to fail: the first at each new place, and others. */
  private static Set<Long> chosen(List<List<Integer>> injected, Set<Integer> known) {
    Set<Long> numbers = new TreeSet<>();
    for (List<Integer> passed : injected) {
      int step = Math.max(1, passed.size() / SPREAD);
      for (int i = 0; i < passed.size(); i++) {
        if (known.add(passed.get(i)) || i % step == 0) {
          numbers.add(i + 1L);
        }
      }
    }
    return numbers;
  }

  private int attempts(String name, Scenario scenario, Set<Long> numbers, boolean lasting) {
    numbers.forEach(next -> attempt(name, scenario, next, lasting));
    return numbers.size();
  }

  private void attempt(String name, Scenario scenario, long next, boolean lasting) {
    number = next;
    lasts = lasting;
    failed = false;
    where = null;
    found.clear();
    List<String> held = FaultInjection.held();
    try {
      scenario.run();
      afterwards.run();
    } catch (Exception | Error e) {
      found.add("not as before: " + texts(e));
    }
    List<String> left = new ArrayList<>(FaultInjection.held());
    held.forEach(left::remove);
    if (!left.isEmpty()) {
      found.add("leaked: " + left);
    }
    found.forEach(
        what -> problems.add("%s%s at %s: %s".formatted(name, lasts ? ", from" : "", where, what)));
  }

  @Override
  public <T> @Nullable T inject(Callable<T> action) throws Exception {
    T result = null;
    Throwable thrown = null;
    HeapErrors ended;
    HeapErrors.arm(number, lasts);
    try {
      result = action.call();
    } catch (Exception | OutOfMemoryError e) {
      thrown = e;
    } finally {
      ended = HeapErrors.disarm();
      sites.add(ended.sites());
    }
    failed = ended.hasFailed();
    if (failed) {
      where = ended.where();
    }
    if (thrown != null) {
      judge(thrown);
    }
    return result;
  }

  private void judge(Throwable thrown) {
    if (!failed) {
      found.add("unexpected " + texts(thrown));
    } else if (!(isOfHeap(thrown)
        || thrown instanceof HyperlightException
        || thrown instanceof UncheckedIOException)) {
      found.add("no exception of this library: " + texts(thrown));
    }
  }

  private static boolean isOfHeap(Throwable thrown) {
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }

  private static String texts(Throwable thrown) {
    StringBuilder texts = new StringBuilder();
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      texts.append(at).append(" at ");
      StackTraceElement[] frames = at.getStackTrace();
      for (int i = 0; i < Math.min(6, frames.length); i++) {
        texts.append(frames[i].getFileName()).append(':').append(frames[i].getLineNumber());
        texts.append(' ');
      }
      texts.append("; ");
    }
    return texts.toString();
  }

  @Override
  public void expect(boolean condition, String otherwise) {
    if (!condition) {
      found.add(otherwise);
    }
  }

  @Override
  public boolean hasFailed() {
    return failed;
  }

  @Override
  public int errno() {
    return Errno.ENOMEM;
  }

  @Override
  public void tell() {
    System.out.println("mistakes: " + FaultInjection.mistakes());
    System.out.println("places: " + tried.size());
    System.out.println("problems: " + String.join("\n  ", problems));
  }
}

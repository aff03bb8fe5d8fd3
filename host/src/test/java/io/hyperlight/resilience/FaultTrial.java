package io.hyperlight.resilience;

import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.hypervisor.kvm.IoctlNames;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FaultInjection;
import io.hyperlight.internal.os.FaultInjection.Extent;
import io.hyperlight.internal.os.FaultInjection.Failed;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Repeats an action and lets its first native call fail, then the second, and so on, until there is
 * none left. Records failures that are not reported as they should be, and what is left behind.
 */
final class FaultTrial implements Trial {
  /** Whether every call fails with every error, not with one of them. */
  private static final boolean EVERYTHING = Boolean.getBoolean("hyperlight.test.faults");

  /** EINTR is another matter. */
  private static final List<Integer> ERRORS =
      List.of(Errno.ENOMEM, Errno.EMFILE, Errno.EIO, Errno.EBADF, Errno.EAGAIN);

  private static final int MAX_CALLS = 2_000;

  /** Of the attempt that is going on. */
  private int number;

  private int errno;
  private Extent extent = Extent.ONE;
  private final List<String> failures = new ArrayList<>();
  private @Nullable Failed failed;

  /** What is wrong with it. */
  private final List<String> found = new ArrayList<>();

  private final Set<String> problems = new TreeSet<>();

  private final Set<String> everFailed = new TreeSet<>();

  /** Calls whose failure had no consequence. */
  private final Set<String> tolerated = new TreeSet<>();

  private final Scenario afterwards;

  /**
   * Makes a trial.
   *
   * @param afterwards what has to work after each attempt
   */
  FaultTrial(Scenario afterwards) {
    this.afterwards = afterwards;
  }

  private static int oneOf(int number) {
    return ERRORS.get(number % ERRORS.size());
  }

  /**
   * Lets a scenario fail at each of its calls, and with EINTR.
   *
   * @param name for messages
   */
  @Override
  public void runThrough(String name, Scenario scenario) throws Exception {
    scenario.run(); // so that everything is linked
    scenario.run();
    int attempts = 0;
    if (EVERYTHING) {
      for (int error : ERRORS) {
        attempts += failEach(name, scenario, _ -> error, Extent.ONE);
      }
      attempts += failEach(name, scenario, _ -> Errno.ENOMEM, Extent.REST);
      attempts += failEach(name, scenario, _ -> Errno.EMFILE, Extent.REST);
      attempts += failEach(name, scenario, _ -> Errno.EINTR, Extent.ONE);
    } else {
      attempts += failEach(name, scenario, FaultTrial::oneOf, Extent.ONE);
      if (!name.equals("probe")) { // which takes longest
        attempts += failEach(name, scenario, FaultTrial::oneOf, Extent.REST);
      }
    }
    attempts += failEach(name, scenario, _ -> Errno.EINTR, Extent.EVERY_OTHER);
    System.out.printf("%s: %d attempts%n", name, attempts);
  }

  private int failEach(String name, Scenario scenario, IntUnaryOperator error, Extent which) {
    extent = which;
    number = 0;
    do {
      number++;
      errno = error.applyAsInt(number);
      failures.clear();
      failed = null;
      List<String> held = FaultInjection.held();
      try {
        scenario.run();
        afterwards.run();
      } catch (Exception | AssertionError e) {
        FaultInjection.disarm();
        problem(name, "not as before: " + texts(e) + trace(e));
      } finally {
        errorsOf(name);
      }
      if (!sorted(FaultInjection.held()).equals(sorted(held))) {
        problem(name, "leaked: " + held + " became " + FaultInjection.held());
      }
    } while (extent == Extent.EVERY_OTHER ? number < 2 : !failures.isEmpty() && number < MAX_CALLS);
    return number;
  }

  private void errorsOf(String name) {
    found.forEach(text -> problem(name, text));
    found.clear();
  }

  private void problem(String scenario, String what) {
    problems.add(
        "%s with %s %s: %s".formatted(scenario, failures + " " + symbol(errno), extent, what));
  }

  @Override
  public void expect(boolean condition, String otherwise) {
    if (!condition) {
      found.add(otherwise);
    }
  }

  private static String trace(Throwable e) {
    StringBuilder text = new StringBuilder();
    for (Throwable at = e; at != null; at = at.getCause()) {
      StackTraceElement[] frames = at.getStackTrace();
      for (int i = 0; i < Math.min(8, frames.length); i++) {
        text.append("\n    ").append(frames[i]);
      }
      text.append("\n   --");
    }
    return text.toString();
  }

  private static List<String> sorted(List<String> list) {
    return list.stream().sorted().toList();
  }

  /** Whether a call has failed in what was injected last, which the result may show. */
  @Override
  public boolean hasFailed() {
    return failed != null && errno != Errno.EINTR;
  }

  /** The error number of those that fail. */
  @Override
  public int errno() {
    return errno;
  }

  @Override
  public <T> @Nullable T inject(Callable<T> action) throws Exception {
    T result = null;
    Exception thrown = null;
    FaultInjection.arm(number, errno, extent);
    try {
      result = action.call();
    } catch (Exception e) {
      thrown = e;
    } finally {
      Failed failure = FaultInjection.disarm();
      failed = failure;
      if (failure != null) {
        failures.add(nameOf(failure.name()));
        everFailed.add(nameOf(failure.name()));
      }
    }
    judge(thrown);
    return result;
  }

  private void judge(@Nullable Exception thrown) {
    Failed failure = failed;
    if (thrown == null) {
      if (failure != null && failure.errno() != Errno.EINTR) {
        tolerated.add(nameOf(failure.name()));
      }
      return;
    }
    if (failure == null) {
      found.add("unexpected " + texts(thrown) + trace(thrown));
      return;
    }
    String text = texts(thrown);
    if (!(thrown instanceof HyperlightException || thrown instanceof UncheckedIOException)) {
      found.add("no exception of this library: " + text + trace(thrown));
    }
    if (failure.errno() == Errno.EINTR) {
      found.add("an interrupted call is told: " + text);
    }
    boolean named =
        FaultInjection.allFailed().stream().anyMatch(name -> text.contains(nameOf(name)));
    if (!text.contains(symbol(failure.errno())) || !named) {
      found.add("not named: " + text);
    }
  }

  private static String symbol(int errno) {
    return Errno.describe(errno).split(" ", 2)[0];
  }

  private static String nameOf(String call) {
    return call.startsWith(FaultInjection.IOCTL)
        ? IoctlNames.of(Long.parseLong(call.substring(FaultInjection.IOCTL.length())))
        : call;
  }

  /** Returns the messages of an exception and of its causes. */
  private static String texts(@Nullable Throwable thrown) {
    StringBuilder texts = new StringBuilder();
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      texts.append(at.getClass().getSimpleName()).append(": ").append(at.getMessage()).append("; ");
    }
    return texts.toString();
  }

  /** Prints which calls failed, and what was wrong. */
  @Override
  public void tell() {
    System.out.println("mistakes: " + FaultInjection.mistakes());
    System.out.println("tolerated: " + tolerated);
    System.out.println("failed: " + everFailed);
    System.out.println("problems: " + problems);
  }
}

package io.hyperlight.resilience;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Repeats what {@link FaultScenarios} do, and lets something else fail each time. */
interface Trial {
  /** The actions of a scenario; some of them run within {@link #inject}. */
  @FunctionalInterface
  interface Scenario {
    void run() throws Exception;
  }

  /**
   * Lets a scenario fail wherever it can.
   *
   * @param name for messages
   */
  void runThrough(String name, Scenario scenario) throws Exception;

  /** Runs an action with faults in it; returns null if it throws. */
  <T> @Nullable T inject(Callable<T> action) throws Exception;

  /** Checks a condition. */
  void expect(boolean condition, String otherwise);

  /** Whether something has failed in what was injected last, which the result may show. */
  boolean hasFailed();

  /** The error number that a guest may see. */
  int errno();

  /** Prints what failed, and what was wrong. */
  void tell();
}

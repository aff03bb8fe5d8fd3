package io.hyperlight.resilience;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Does what {@link FaultScenarios} do again and again, and lets something else fail each time. */
interface Trial {
  /** What a scenario does; some of it within {@link #inject}. */
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

  /** Does something with faults in it; null if it throws. */
  <T> @Nullable T inject(Callable<T> action) throws Exception;

  /** Says what has to be so. */
  void expect(boolean condition, String otherwise);

  /** Whether something has failed in what was injected last, which may show. */
  boolean hasFailed();

  /** The error number that a guest may see. */
  int errno();

  /** Prints what failed, and what was wrong. */
  void tell();
}

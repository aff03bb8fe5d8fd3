package io.hyperlight.resilience;

import io.hyperlight.testing.HeapErrorLoader;
import java.lang.reflect.Method;

/** Runs {@link FaultScenarios} with a library in which allocations fail. */
final class HeapErrorScenarios {
  private HeapErrorScenarios() {}

  /** With the arguments of the scenarios. */
  public static void main(String[] arguments) throws Exception {
    Method main =
        new HeapErrorLoader()
            .loadClass("io.hyperlight.resilience.FaultScenarios")
            .getMethod("main", String[].class);
    main.setAccessible(true);
    main.invoke(null, (Object) arguments);
  }
}

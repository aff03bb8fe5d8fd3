package io.hyperlight.testing;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectIteration;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * One machine's share of the tests. They are dealt like cards, one after the other to one machine
 * after the other: the methods in the order of their names. Iterations of a method with parameters
 * are dealt separately. The shares depend on nothing but the names. Slow parts, such as a class or
 * a table of hundreds of attacks, are shared by all machines.
 *
 * @param number the number of the machine, from 1
 * @param count the number of machines
 */
record Slice(int number, int count) {
  /**
   * The maximum number of iterations of a method. JUnit needs a list of a slice's iterations before
   * it runs any.
   */
  private static final int MAX_ITERATIONS = 1024;

  Slice {
    if (number < 1 || number > count || count > 64) {
      throw new IllegalArgumentException("not a slice: %d/%d".formatted(number, count));
    }
  }

  /** Parses {@code NUMBER/COUNT}. */
  static Slice parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException("not a slice: " + text);
    }
    return new Slice(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  boolean isEverything() {
    return count == 1;
  }

  /** Selects this slice of some tests. */
  List<DiscoverySelector> of(TestPlan tests) {
    List<TestIdentifier> methods =
        tests.getRoots().stream()
            .flatMap(root -> tests.getDescendants(root).stream())
            .filter(test -> test.getSource().orElse(null) instanceof MethodSource)
            .sorted(Comparator.comparing(TestIdentifier::getUniqueId))
            .toList();
    List<DiscoverySelector> selectors = new ArrayList<>();
    for (int i = 0; i < methods.size(); i++) {
      TestIdentifier method = methods.get(i);
      MethodSource source = (MethodSource) method.getSource().orElseThrow();
      DiscoverySelector whole = selectMethod(source.getJavaClass(), source.getJavaMethod());
      if (method.isContainer()) {
        // Not always from the same machine on, as many have two or three iterations.
        selectors.add(selectIteration(whole, iterations(i)));
      } else if (owner(i) == number) {
        selectors.add(whole);
      }
    }
    return selectors;
  }

  private int[] iterations(int method) {
    return IntStream.range(0, MAX_ITERATIONS)
        .filter(iteration -> owner(method + iteration) == number)
        .toArray();
  }

  private int owner(int card) {
    return card % count + 1;
  }

  /**
   * Returns whether an iteration is among the last that are dealt, so that there may be more, which
   * no machine runs.
   */
  static boolean mayMissIterationsAfter(TestIdentifier iteration) {
    UniqueId.Segment last = iteration.getUniqueIdObject().getLastSegment();
    return last.getValue().startsWith("#")
        && Integer.parseInt(last.getValue().substring(1)) > MAX_ITERATIONS - 64;
  }
}

package io.hyperlight.testing;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Compares all that the library's objects hold, field by field, from an object on. Two objects are
 * equal if the same things can be reached from them on the same paths, and if two paths lead to one
 * object from both or from none. So it needs no list of the state that there is, and finds state
 * that was added later.
 *
 * <p>Of objects of the JDK, it compares values and contents of collections. Memory outside of the
 * heap is left to others.
 */
public final class HostGraph {
  private static final String LIBRARY = "io.hyperlight.";

  /** So many differences say enough. */
  private static final int MOST = 50;

  private record Pair(String path, @Nullable Object expected, @Nullable Object found) {}

  private final Set<String> free;
  private final IdentityHashMap<Object, Object> partners = new IdentityHashMap<>();
  private final IdentityHashMap<Object, Object> partnersOfFound = new IdentityHashMap<>();
  private final Deque<Pair> left = new ArrayDeque<>();
  private final List<String> differences = new ArrayList<>();
  private int objects;

  private HostGraph(Set<String> free) {
    this.free = free;
  }

  /** What was compared. */
  public record Comparison(List<String> differences, int objects) {}

  /**
   * Compares two objects with all that can be reached from them.
   *
   * @param free fields that are not looked at, as the simple name of their class, a point, and
   *     their own name
   */
  public static Comparison compare(Object expected, Object found, Set<String> free) {
    HostGraph graph = new HostGraph(free);
    graph.left.add(new Pair(expected.getClass().getSimpleName(), expected, found));
    while (!graph.left.isEmpty() && graph.differences.size() < MOST) {
      graph.compare(graph.left.remove());
    }
    return new Comparison(List.copyOf(graph.differences), graph.objects);
  }

  @SuppressWarnings("ReferenceEquality") // of objects that may have no other equality
  private void compare(Pair pair) {
    Object expected = pair.expected();
    Object found = pair.found();
    if (expected == found) {
      return;
    }
    if (isEmpty(expected) && isEmpty(found)) {
      return;
    }
    if (expected == null || found == null || !isSameKind(expected, found)) {
      differ(pair);
      return;
    }
    if (isValue(expected)) {
      if (!expected.equals(found)) {
        differ(pair);
      }
      return;
    }
    boolean isNew = partners.putIfAbsent(expected, found) == null;
    boolean isNewOfFound = partnersOfFound.putIfAbsent(found, expected) == null;
    if (!isNew || !isNewOfFound) {
      if (partners.get(expected) != found || partnersOfFound.get(found) != expected) {
        differences.add(pair.path() + " leads to another object");
      }
      return;
    }
    objects++;
    compareContents(pair.path(), expected, found);
  }

  /** Returns whether it is no list, or an empty one. Many are made when they are first needed. */
  private static boolean isEmpty(@Nullable Object list) {
    return list == null
        || (list instanceof Collection<?> all && all.isEmpty())
        || (list instanceof Map<?, ?> map && map.isEmpty());
  }

  private static boolean isSameKind(Object expected, Object found) {
    return expected.getClass() == found.getClass()
        || (expected instanceof List<?> && found instanceof List<?>)
        || (expected instanceof Map<?, ?> && found instanceof Map<?, ?>)
        || (expected instanceof Set<?> && found instanceof Set<?>);
  }

  private void differ(Pair pair) {
    differences.add("%s is %s instead of %s".formatted(pair.path(), pair.found(), pair.expected()));
  }

  private static boolean isValue(Object of) {
    return (of instanceof Number && !of.getClass().getName().contains("Atomic"))
        || of instanceof String
        || of instanceof Boolean
        || of instanceof Character
        || of instanceof Enum<?>
        || of instanceof Class<?>
        || of instanceof java.time.temporal.Temporal
        || of instanceof java.time.Duration
        || of instanceof java.nio.file.Path;
  }

  private void compareContents(String path, Object expected, Object found) {
    switch (expected) {
      case Object array when array.getClass().isArray() -> compareArrays(path, array, found);
      case Map<?, ?> map -> compareMaps(path, map, (Map<?, ?>) found);
      case Collection<?> all -> compareAll(path, all, (Collection<?>) found);
      case Number number when !number.toString().equals(found.toString()) ->
          differ(new Pair(path, expected, found));
      case AtomicBoolean atomic when atomic.get() != ((AtomicBoolean) found).get() ->
          differ(new Pair(path, expected, found));
      case AtomicReference<?> reference ->
          left.add(new Pair(path, reference.get(), ((AtomicReference<?>) found).get()));
      case MemorySegment segment when segment.byteSize() != ((MemorySegment) found).byteSize() ->
          differ(new Pair(path, expected, found));
      case Object own when own.getClass().getName().startsWith(LIBRARY) ->
          compareFields(path, own, found);
      default -> {
        // It is an object of the JDK, such as a thread or a lock.
      }
    }
  }

  private void compareArrays(String path, Object expected, Object found) {
    if (expected.getClass().getComponentType().isPrimitive()) {
      if (!Objects.deepEquals(expected, found)) {
        differences.add(
            "%s is %s instead of %s".formatted(path, contents(found), contents(expected)));
      }
    } else {
      int length = Math.max(Array.getLength(expected), Array.getLength(found));
      for (int i = 0; i < length; i++) { // an array may have grown
        left.add(new Pair(path + "[" + i + "]", element(expected, i), element(found, i)));
      }
    }
  }

  private static @Nullable Object element(Object array, int index) {
    return index < Array.getLength(array) ? Array.get(array, index) : null;
  }

  private static String contents(Object array) {
    String all = Arrays.deepToString(new Object[] {array});
    return all.length() < 1000 ? all : all.substring(0, 1000) + "...";
  }

  private void compareMaps(String path, Map<?, ?> all, Map<?, ?> others) {
    Map<?, ?> expected = withoutEmpty(all);
    Map<?, ?> found = withoutEmpty(others);
    boolean byValue = expected.keySet().stream().allMatch(HostGraph::isValue);
    if (byValue) {
      if (!expected.keySet().equals(found.keySet())) {
        differences.add(
            "%s has %s instead of %s".formatted(path, found.keySet(), expected.keySet()));
        return;
      }
      expected.forEach(
          (key, value) -> left.add(new Pair(path + "[" + key + "]", value, found.get(key))));
    } else if (!(all instanceof SequencedMap<?, ?>)) {
      // The order of its keys is by chance, and they can be reached on other paths.
      if (expected.size() != found.size()) {
        differences.add("%s has %d instead of %d".formatted(path, found.size(), expected.size()));
      }
    } else {
      compareAll(path + ".keys", expected.keySet(), found.keySet());
      compareAll(path + ".values", expected.values(), found.values());
    }
  }

  private static Map<?, ?> withoutEmpty(Map<?, ?> map) {
    Map<Object, Object> rest = new LinkedHashMap<>();
    map.forEach((key, value) -> {
      if (!isEmpty(value)) {
        rest.put(key, value);
      }
    });
    return rest;
  }

  private void compareAll(String path, Collection<?> expected, Collection<?> found) {
    if (expected.size() != found.size()) {
      differences.add("%s has %d instead of %d".formatted(path, found.size(), expected.size()));
      return;
    }
    Iterator<?> other = found.iterator();
    int index = 0;
    for (Object each : expected) {
      left.add(new Pair(path + "[" + index++ + "]", each, other.next()));
    }
  }

  private void compareFields(String path, Object expected, Object found) {
    for (Class<?> of = expected.getClass();
        of != null && of.getName().startsWith(LIBRARY);
        of = of.getSuperclass()) {
      for (Field field : of.getDeclaredFields()) {
        String name = of.getSimpleName() + "." + field.getName();
        if (Modifier.isStatic(field.getModifiers()) || free.contains(name)) {
          continue;
        }
        try {
          field.setAccessible(true);
          left.add(new Pair(path + "." + field.getName(), field.get(expected), field.get(found)));
        } catch (IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
  }
}

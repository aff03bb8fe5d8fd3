package io.hyperlight.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which classes of a package refer to each other in a circle: the strongly connected components of
 * the graph of references. Nested classes count as part of the class that they are in. A reference
 * is every name in a class file, also in signatures and lists of permitted subclasses.
 */
public final class ClassCycles {
  private static final Pattern NAME = Pattern.compile("io/hyperlight/[\\w/]+");

  /** From each class to those that it names, in its own package. */
  private final Map<String, SortedSet<String>> references = new TreeMap<>();

  // Of Tarjan's algorithm.
  private final Map<String, Integer> order = new HashMap<>();
  private final Map<String, Integer> low = new HashMap<>();
  private final Deque<String> open = new ArrayDeque<>();
  private final List<SortedSet<String>> found = new ArrayList<>();

  private ClassCycles() {}

  /**
   * The components of more than one class, by package.
   *
   * @param classes a folder of class files
   */
  public static Map<String, List<SortedSet<String>>> in(Path classes) {
    ClassCycles cycles = new ClassCycles();
    try (Stream<Path> files = Files.walk(classes)) {
      files
          .filter(file -> file.toString().endsWith(".class") && !file.endsWith("module-info.class"))
          .forEach(cycles::read);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String type : cycles.references.keySet()) {
      if (!cycles.order.containsKey(type)) {
        cycles.visit(type);
      }
    }
    Map<String, List<SortedSet<String>>> byPackage = new TreeMap<>();
    for (SortedSet<String> component : cycles.found) {
      if (component.size() > 1) {
        String name = packageOf(component.first()).replace('/', '.');
        byPackage.computeIfAbsent(name, _ -> new ArrayList<>()).add(component);
      }
    }
    return byPackage;
  }

  private void read(Path file) {
    ClassModel type;
    try {
      type = ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String name = outermost(type.thisClass().asInternalName());
    SortedSet<String> named = references.computeIfAbsent(name, _ -> new TreeSet<>());
    for (PoolEntry entry : type.constantPool()) {
      if (entry instanceof Utf8Entry text) {
        for (Matcher names = NAME.matcher(text.stringValue()); names.find(); ) {
          String other = outermost(names.group());
          if (!other.equals(name) && packageOf(other).equals(packageOf(name))) {
            named.add(other);
          }
        }
      }
    }
  }

  private static String outermost(String name) {
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  private static String packageOf(String name) {
    return name.substring(0, name.lastIndexOf('/'));
  }

  private void visit(String type) {
    order.put(type, order.size());
    low.put(type, order.get(type));
    open.push(type);
    for (String next : references.getOrDefault(type, new TreeSet<>())) {
      if (!order.containsKey(next)) {
        visit(next);
        low.merge(type, low.get(next), Math::min);
      } else if (open.contains(next)) {
        low.merge(type, order.get(next), Math::min);
      }
    }
    if (low.get(type).equals(order.get(type))) {
      SortedSet<String> component = new TreeSet<>();
      String last;
      do {
        last = open.pop();
        component.add(last);
      } while (!last.equals(type));
      found.add(component);
    }
  }
}

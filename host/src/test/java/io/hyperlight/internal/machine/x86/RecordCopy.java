package io.hyperlight.internal.machine.x86;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/** Copies of records with one component changed. */
public final class RecordCopy {
  private RecordCopy() {}

  /**
   * Returns a copy with another value of one component.
   *
   * @param path the component's name, or names separated by dots through nested records
   */
  @SuppressWarnings("unchecked")
  public static <R extends Record> R with(R original, String path, Object value) {
    int dot = path.indexOf('.');
    String name = dot < 0 ? path : path.substring(0, dot);
    RecordComponent[] components = original.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    boolean found = false;
    try {
      for (int i = 0; i < components.length; i++) {
        values[i] = components[i].getAccessor().invoke(original);
        if (components[i].getName().equals(name)) {
          found = true;
          values[i] = dot < 0 ? value : with((Record) values[i], path.substring(dot + 1), value);
        }
      }
      if (!found) {
        throw new IllegalArgumentException(original.getClass() + " has no " + name);
      }
      Constructor<?> constructor =
          original
              .getClass()
              .getDeclaredConstructor(
                  Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      return (R) constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}

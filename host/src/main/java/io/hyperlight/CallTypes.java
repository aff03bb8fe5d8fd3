package io.hyperlight;

import io.hyperlight.error.InvalidCallException;
import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.ValueType;
import java.lang.invoke.MethodType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks a caller's arguments and result type against a guest's declaration, so that a mistake has
 * a message of its own instead of a failed cast.
 */
final class CallTypes {
  private CallTypes() {}

  static void checkResult(Declaration declaration, Class<?> resultType) {
    Class<?> declared = declaration.signature().result().javaType();
    if (resultType != Object.class && wrap(resultType) != wrap(declared)) {
      throw new InvalidCallException(
          InvalidCallException.Kind.INVALID_ARGUMENT,
          "%s returns %s in Java, not %s"
              .formatted(declaration, declared.getSimpleName(), resultType.getSimpleName()));
    }
  }

  /** Returns the arguments. None of them is null, and the call stub accepts their types. */
  static Object[] checkArguments(Declaration declaration, @Nullable Object @Nullable [] arguments) {
    if (arguments == null) {
      throw new InvalidCallException(
          InvalidCallException.Kind.INVALID_ARGUMENT,
          declaration + ": the array of arguments is null");
    }
    List<ValueType> parameters = declaration.signature().parameters();
    if (arguments.length != parameters.size()) {
      throw new InvalidCallException(
          InvalidCallException.Kind.INVALID_ARGUMENT,
          "%s takes %d arguments, not %d"
              .formatted(declaration, parameters.size(), arguments.length));
    }
    Object[] checked = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      Object argument = arguments[i];
      Class<?> declared = parameters.get(i).javaType();
      if (argument == null || !accepts(declared, argument)) {
        throw new InvalidCallException(
            InvalidCallException.Kind.INVALID_ARGUMENT,
            "argument %d of %s is %s, and must be %s"
                .formatted(
                    i + 1,
                    declaration,
                    argument == null ? "null" : "a " + argument.getClass().getSimpleName(),
                    declared.getSimpleName()));
      }
      checked[i] = argument;
    }
    return checked;
  }

  /**
   * Returns whether the argument has the declared type, or an integer type that Java widens to it.
   */
  private static boolean accepts(Class<?> declared, Object argument) {
    if (wrap(declared).isInstance(argument)) {
      return true;
    }
    if (declared == long.class) {
      return argument instanceof Integer || argument instanceof Short || argument instanceof Byte;
    }
    if (declared == int.class) {
      return argument instanceof Short || argument instanceof Byte;
    }
    return declared == short.class && argument instanceof Byte;
  }

  private static Class<?> wrap(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }
}

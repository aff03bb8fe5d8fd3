package io.hyperlight;

import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.ValueType;
import io.hyperlight.internal.call.HostBinding;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Holds the host functions registered for a sandbox, and binds them to a guest's imports. */
final class HostFunctions {
  /**
   * A registered function.
   *
   * @param handle the code, of any types; the types of lambdas are {@code Object}
   * @param typed whether the types have to be those of the guest's declaration
   */
  private record Entry(MethodHandle handle, boolean typed) {}

  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  private final Map<String, Entry> byName = new LinkedHashMap<>();

  /** Registers a handle whose own types are checked. */
  void addTyped(String name, MethodHandle handle) {
    add(name, new Entry(handle.asFixedArity(), true));
  }

  /** Registers a lambda. */
  void addLambda(String name, HostFunction lambda) {
    add(name, new Entry(shapeOf(Objects.requireNonNull(lambda, "function")).bindTo(lambda), false));
  }

  private static MethodHandle shapeOf(HostFunction lambda) {
    return switch (lambda) {
      case HostFunction.Of0<?> _ -> shape(HostFunction.Of0.class, 0, Object.class);
      case HostFunction.Of1<?, ?> _ -> shape(HostFunction.Of1.class, 1, Object.class);
      case HostFunction.Of2<?, ?, ?> _ -> shape(HostFunction.Of2.class, 2, Object.class);
      case HostFunction.Of3<?, ?, ?, ?> _ -> shape(HostFunction.Of3.class, 3, Object.class);
      case HostFunction.Of4<?, ?, ?, ?, ?> _ -> shape(HostFunction.Of4.class, 4, Object.class);
      case HostFunction.Of5<?, ?, ?, ?, ?, ?> _ -> shape(HostFunction.Of5.class, 5, Object.class);
      case HostFunction.Of6<?, ?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Of6.class, 6, Object.class);
      case HostFunction.Of7<?, ?, ?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Of7.class, 7, Object.class);
      case HostFunction.Of8<?, ?, ?, ?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Of8.class, 8, Object.class);
      case HostFunction.Action0 _ -> shape(HostFunction.Action0.class, 0, void.class);
      case HostFunction.Action1<?> _ -> shape(HostFunction.Action1.class, 1, void.class);
      case HostFunction.Action2<?, ?> _ -> shape(HostFunction.Action2.class, 2, void.class);
      case HostFunction.Action3<?, ?, ?> _ -> shape(HostFunction.Action3.class, 3, void.class);
      case HostFunction.Action4<?, ?, ?, ?> _ -> shape(HostFunction.Action4.class, 4, void.class);
      case HostFunction.Action5<?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Action5.class, 5, void.class);
      case HostFunction.Action6<?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Action6.class, 6, void.class);
      case HostFunction.Action7<?, ?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Action7.class, 7, void.class);
      case HostFunction.Action8<?, ?, ?, ?, ?, ?, ?, ?> _ ->
          shape(HostFunction.Action8.class, 8, void.class);
    };
  }

  /** Returns the only method of a functional interface, which is named call. */
  private static MethodHandle shape(Class<?> shape, int arity, Class<?> result) {
    try {
      return LOOKUP.findVirtual(
          shape, "call", MethodType.genericMethodType(arity).changeReturnType(result));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void add(String name, Entry entry) {
    if (byName.putIfAbsent(Objects.requireNonNull(name, "name"), entry) != null) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.HOST_FUNCTIONS,
          "host function " + name + " is registered twice",
          null);
    }
  }

  /**
   * Returns the bindings of a guest's imports, by import number.
   *
   * @param inherited bindings of the same guest, used for imports that are not registered here; may
   *     be empty
   */
  List<@Nullable HostBinding> bind(
      List<@Nullable Declaration> imports, List<@Nullable HostBinding> inherited) {
    List<Declaration> missing = new ArrayList<>();
    List<@Nullable HostBinding> bindings = new ArrayList<>();
    for (Declaration declaration : imports) {
      int number = bindings.size();
      HostBinding binding = number < inherited.size() ? inherited.get(number) : null;
      if (declaration != null) {
        Entry entry = byName.get(declaration.name());
        if (entry != null) {
          binding = new HostBinding(declaration, adapt(declaration, entry));
        } else if (binding == null) {
          missing.add(declaration);
        }
      }
      bindings.add(binding);
    }
    if (!missing.isEmpty()) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.HOST_FUNCTIONS,
          "no host function is registered for these imports of the guest: " + missing,
          null);
    }
    return bindings;
  }

  private static MethodHandle adapt(Declaration declaration, Entry entry) {
    MethodType declared = declaration.signature().methodType();
    MethodType actual = entry.handle.type();
    int arity = declared.parameterCount();
    if (actual.parameterCount() != arity) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.HOST_FUNCTIONS,
          "host function %s takes %d parameters, and the guest declares %s"
              .formatted(declaration.name(), actual.parameterCount(), declaration),
          null);
    }
    if (entry.typed && !actual.equals(declared)) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.HOST_FUNCTIONS,
          "host function %s is %s, and the guest declares %s, which is %s in Java"
              .formatted(declaration.name(), actual, declaration, declared),
          null);
    }
    boolean givesNothing = actual.returnType() == void.class;
    if (!entry.typed && givesNothing && declaration.signature().result() != ValueType.VOID) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.HOST_FUNCTIONS,
          "host function %s has no result, and the guest declares %s"
              .formatted(declaration.name(), declaration),
          null);
    }
    return entry
        .handle
        .asType(MethodType.genericMethodType(arity))
        .asSpreader(Object[].class, arity);
  }
}

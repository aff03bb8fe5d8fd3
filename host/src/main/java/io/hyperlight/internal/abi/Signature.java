package io.hyperlight.internal.abi;

import java.lang.invoke.MethodType;
import java.util.List;
import java.util.stream.Collectors;

/** The types of a guest or host function, as the guest declares it. */
public record Signature(ValueType result, List<ValueType> parameters) {
  /** The maximum number of parameters of a function. */
  public static final int MAX_PARAMETERS = 32;

  public Signature {
    parameters = List.copyOf(parameters);
  }

  /** Returns the declaration in C. */
  public String declaration(String name) {
    return result.cName()
        + " "
        + name
        + "("
        + (parameters.isEmpty()
            ? "void"
            : parameters.stream().map(ValueType::cName).collect(Collectors.joining(", ")))
        + ")";
  }

  /** Returns the types in Java. */
  public MethodType methodType() {
    return MethodType.methodType(
        result.javaType(), parameters.stream().<Class<?>>map(ValueType::javaType).toList());
  }
}

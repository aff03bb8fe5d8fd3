package io.hyperlight.testing;

import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A function of random types. */
public record RandomFunction(String name, CType result, List<CType> parameters) {
  private static final int MAX_PARAMETERS = 32;
  private static final List<CType> TYPES = CType.ofValues();
  private static final List<CType> RESULTS = List.of(CType.values());

  public RandomFunction {
    parameters = List.copyOf(parameters);
  }

  /** One function for each number of parameters there can be. */
  public static List<RandomFunction> oneOfEachArity(RandomGenerator random) {
    List<RandomFunction> functions = new ArrayList<>();
    for (int arity = 0; arity <= MAX_PARAMETERS; arity++) {
      CType result = RESULTS.get(random.nextInt(RESULTS.size()));
      functions.add(new RandomFunction("f" + arity, result, parameters(random, arity)));
    }
    return functions;
  }

  /**
   * Half of the functions take any types, and half prefer two types. Then registers of one kind run
   * out sooner, and other kinds are still free late in the list.
   */
  private static List<CType> parameters(RandomGenerator random, int arity) {
    List<CType> favourites =
        random.nextBoolean()
            ? TYPES
            : List.of(
                TYPES.get(random.nextInt(TYPES.size())), TYPES.get(random.nextInt(TYPES.size())));
    return IntStream.range(0, arity)
        .mapToObj(_ -> random.nextInt(8) == 0 ? TYPES : favourites)
        .map(types -> types.get(random.nextInt(types.size())))
        .toList();
  }

  /** Its types in Java. */
  public MethodType methodType() {
    return MethodType.methodType(
        result.javaType(), parameters.stream().<Class<?>>map(CType::javaType).toList());
  }

  /** Random arguments. */
  public List<Object> arguments(RandomGenerator random) {
    return parameters.stream().map(type -> type.random(random)).toList();
  }

  /** The hash over arguments. */
  public long hash(List<Object> arguments) {
    long hash = parameters.size();
    for (int i = 0; i < arguments.size(); i++) {
      hash = parameters.get(i).fold(hash, arguments.get(i));
    }
    return hash;
  }

  /** The C statements that compute {@link #hash} of parameters p0, p1 ... into a new variable. */
  public String hashInC() {
    return "    uint64_t hash = %d;\n".formatted(parameters.size())
        + IntStream.range(0, parameters.size())
            .mapToObj(i -> "    hash = %s;\n".formatted(parameters.get(i).foldInC("hash", "p" + i)))
            .collect(Collectors.joining());
  }

  /** Returns which argument is the result: the last one of its type; -1 if there is none. */
  public int echoed() {
    return parameters.lastIndexOf(result);
  }

  /** HL_EXPORT or HL_IMPORT of it. */
  public String declarationInC(String macro, String prefix) {
    return "%s(%s)\n"
        .formatted(
            macro,
            IntStream.range(0, parameters.size())
                .mapToObj(i -> parameters.get(i).cName())
                .collect(
                    Collectors.joining(
                        ", ",
                        result.cName() + ", " + prefix + name + (parameters.isEmpty() ? "" : ", "),
                        "")));
  }

  /** The first line of its definition, with parameters p0, p1 ... */
  public String headInC(String prefix) {
    return "%s %s%s(%s)\n"
        .formatted(
            result.cName(),
            prefix,
            name,
            parameters.isEmpty()
                ? "void"
                : IntStream.range(0, parameters.size())
                    .mapToObj(i -> parameters.get(i).cName() + " p" + i)
                    .collect(Collectors.joining(", ")));
  }

  /** The names p0, p1 ... */
  public String parameterNamesInC() {
    return IntStream.range(0, parameters.size())
        .mapToObj(i -> "p" + i)
        .collect(Collectors.joining(", "));
  }
}

package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CType;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.RandomFunction;
import io.hyperlight.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Calls guest functions of random types with random arguments. The guest hashes its arguments and
 * keeps the hash. The result is the last argument of the result's type, or is made from the hash.
 */
class CallPropertyTest {
  private static final int CALLS = 12;
  private static final int MAX_LIMITS =
      CType.ofValues().stream().mapToInt(type -> type.limits().size()).max().orElseThrow();

  static LongStream seeds() {
    return Seeds.all();
  }

  /** Compiles the program. */
  Guest guest(String program) {
    return CompiledGuest.of(program);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void allArgumentsArriveAndTheResultComesBack(long seed) throws Throwable {
    RandomGenerator random = new SplittableRandom(seed);
    List<RandomFunction> functions = RandomFunction.oneOfEachArity(random);
    try (Sandbox sandbox = Sandbox.builder(guest(program(functions))).build()) {
      for (RandomFunction function : functions) {
        String what = "seed %d, %s".formatted(seed, function);
        assertThat(sandbox.function(function.name()).type())
            .as(what)
            .isEqualTo(function.methodType());
        for (int call = 0; call < CALLS; call++) {
          checkCall(what, sandbox, function, function.arguments(random), call % 2 == 0);
        }
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void limitsOfEveryTypeArriveAtEveryPosition(long seed) throws Throwable {
    RandomGenerator random = new SplittableRandom(seed);
    List<RandomFunction> functions = RandomFunction.oneOfEachArity(random);
    try (Sandbox sandbox = Sandbox.builder(guest(program(functions))).build()) {
      for (RandomFunction function : functions) {
        String what = "seed %d, %s".formatted(seed, function);
        for (int round = 0; round < MAX_LIMITS; round++) {
          List<Object> arguments = new ArrayList<>();
          for (CType parameter : function.parameters()) {
            List<Object> limits = parameter.limits();
            arguments.add(limits.get((round + arguments.size()) % limits.size()));
          }
          checkCall(what, sandbox, function, arguments, true);
        }
      }
    }
  }

  private static void checkCall(
      String what,
      Sandbox sandbox,
      RandomFunction function,
      List<Object> arguments,
      boolean generic)
      throws Throwable {
    Object result =
        generic
            ? sandbox.call(function.name(), Object.class, arguments.toArray())
            : sandbox.function(function.name()).invokeWithArguments(arguments);
    long hash = function.hash(arguments);
    assertThat(sandbox.call("last_hash", long.class)).as("hash in %s", what).isEqualTo(hash);
    if (function.result() == CType.VOID) {
      assertThat(result).as(what).isNull();
    } else {
      Object expected =
          function.echoed() < 0
              ? function.result().derived(hash)
              : arguments.get(function.echoed());
      assertThat(CType.comparable(result)).as(what).isEqualTo(CType.comparable(expected));
    }
  }

  private static String program(List<RandomFunction> functions) {
    StringBuilder program = new StringBuilder(CType.C_PRELUDE);
    program.append("static uint64_t kept;\n");
    program.append("HL_EXPORT(int64_t, last_hash)\n");
    program.append("int64_t last_hash(void) { return (int64_t)kept; }\n");
    for (RandomFunction function : functions) {
      program
          .append(function.declarationInC("HL_EXPORT", ""))
          .append(function.headInC(""))
          .append("{\n")
          .append(function.hashInC())
          .append("    kept = hash;\n")
          .append("    return ")
          .append(
              function.echoed() < 0
                  ? function.result().derivedInC("hash")
                  : "p" + function.echoed())
          .append(";\n}\n");
    }
    return program.toString();
  }
}

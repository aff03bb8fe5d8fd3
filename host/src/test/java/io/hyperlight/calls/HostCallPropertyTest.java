package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CType;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.RandomFunction;
import io.hyperlight.testing.Seeds;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Lets a guest call host functions of random types, half of them in the {@code try_} form. The
 * guest passes its arguments on and returns what it gets.
 */
@Tag("slow")
class HostCallPropertyTest {
  private static final int CALLS = 12;

  /** The Java side of all functions: records the arguments and returns the prepared answers. */
  private static final class Recorder {
    List<Object> received = List.of();
    @Nullable Object answer;

    @SuppressWarnings("UnusedMethod") // handle finds it by its name
    @Nullable Object call(Object[] arguments) {
      received = List.of(arguments);
      return answer;
    }

    MethodHandle handle(MethodType type) throws ReflectiveOperationException {
      return MethodHandles.lookup()
          .bind(this, "call", MethodType.methodType(Object.class, Object[].class))
          .asCollector(Object[].class, type.parameterCount())
          .asType(type);
    }
  }

  static LongStream seeds() {
    return Seeds.all();
  }

  /** Compiles the program. */
  Guest guest(String program) {
    return CompiledGuest.of(program);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void allArgumentsArriveInJavaAndTheResultInTheGuest(long seed) throws Exception {
    RandomGenerator random = new SplittableRandom(seed);
    List<RandomFunction> functions = RandomFunction.oneOfEachArity(random);
    Recorder recorder = new Recorder();
    Sandbox.Builder builder = Sandbox.builder(guest(program(functions)));
    for (RandomFunction function : functions) {
      builder.hostFunction(function.name(), recorder.handle(function.methodType()));
    }
    try (Sandbox sandbox = builder.build()) {
      for (RandomFunction function : functions) {
        for (int call = 0; call < CALLS; call++) {
          checkCall(
              "seed %d, %s".formatted(seed, function), sandbox, function, recorder, random, call);
        }
      }
    }
  }

  private static void checkCall(
      String what,
      Sandbox sandbox,
      RandomFunction function,
      Recorder recorder,
      RandomGenerator random,
      int call) {
    List<Object> arguments = function.arguments(random);
    Object answer = null;
    if (function.result() != CType.VOID) {
      List<Object> limits = function.result().limits();
      answer = call < limits.size() ? limits.get(call) : function.result().random(random);
    }
    recorder.answer = answer;
    Object result = sandbox.call("call_" + function.name(), Object.class, arguments.toArray());
    assertThat(recorder.received.stream().map(CType::comparable).toList())
        .as("arguments in %s", what)
        .isEqualTo(arguments.stream().map(CType::comparable).toList());
    if (answer == null) {
      assertThat(result).as(what).isNull();
    } else {
      assertThat(result).as(what).isNotNull();
      assertThat(CType.comparable(result)).as(what).isEqualTo(CType.comparable(answer));
      assertThat(sandbox.call("last_hash", long.class))
          .as("hash of the result in %s", what)
          .isEqualTo(function.result().fold(0, answer));
    }
  }

  private static String program(List<RandomFunction> functions) {
    StringBuilder program = new StringBuilder(CType.C_PRELUDE);
    program.append("static uint64_t kept;\n");
    program.append("HL_EXPORT(int64_t, last_hash)\n");
    program.append("int64_t last_hash(void) { return (int64_t)kept; }\n");
    for (int i = 0; i < functions.size(); i++) {
      RandomFunction function = functions.get(i);
      program
          .append(function.declarationInC("HL_IMPORT", ""))
          .append(function.declarationInC("HL_EXPORT", "call_"))
          .append(function.headInC("call_"))
          .append(i % 2 == 0 ? plainCall(function) : tryingCall(function));
    }
    return program.toString();
  }

  private static String plainCall(RandomFunction function) {
    String call = "%s(%s)".formatted(function.name(), function.parameterNamesInC());
    return function.result() == CType.VOID
        ? "{\n    %s;\n}\n".formatted(call)
        : "{\n    %s result = %s;\n%s".formatted(function.result().cName(), call, end(function));
  }

  private static String tryingCall(RandomFunction function) {
    boolean nothing = function.result() == CType.VOID;
    String names = function.parameterNamesInC();
    return "{\n"
        + (nothing ? "" : "    %s result;\n".formatted(function.result().cName()))
        + "    if (!try_%s(%s%s)) {\n"
            .formatted(
                function.name(), nothing ? "NULL" : "&result", names.isEmpty() ? "" : ", " + names)
        + "        hl_abort(HL_STR(\"try_ says that it failed\"));\n    }\n"
        + (nothing ? "}\n" : end(function));
  }

  private static String end(RandomFunction function) {
    return "    kept = %s;\n    return result;\n}\n"
        .formatted(function.result().foldInC("0", "result"));
  }
}

package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.testing.CType;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RandomFunction;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.RustType;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.Tool;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Calls functions of random types in a Rust guest. The guest hashes its arguments, passes them on
 * to a host function of the same types, and returns that function's answer.
 */
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@ParameterizedClass
@EnumSource(names = {"CORE", "STD"})
@Needs(Tool.CARGO)
@Tag("slow")
class RustPropertyTest {
  private static final int CALLS = 12;

  /** The Java side of all imports: records the arguments and returns the prepared answers. */
  private static final class Recorder {
    List<Object> received = List.of();
    @Nullable Object answer;

    @SuppressWarnings("UnusedMethod") // found by its name
    @Nullable Object call(Object[] arguments) {
      received = List.of(arguments);
      return answer;
    }
  }

  private final RustGuest.Kind kind;

  RustPropertyTest(RustGuest.Kind kind) {
    this.kind = kind;
  }

  private static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void allArgumentsAndResultsArriveOnAllWays(long seed) throws Throwable {
    RandomGenerator random = new SplittableRandom(seed);
    List<RandomFunction> functions = RandomFunction.oneOfEachArity(random);
    Recorder recorder = new Recorder();
    Sandbox.Builder builder = Sandbox.builder(RustGuest.of(kind, program(functions)));
    for (RandomFunction function : functions) {
      MethodType type = function.methodType();
      builder.hostFunction(
          function.name(),
          MethodHandles.lookup()
              .bind(recorder, "call", MethodType.methodType(Object.class, Object[].class))
              .asCollector(Object[].class, type.parameterCount())
              .asType(type));
    }
    try (Sandbox sandbox = builder.build()) {
      for (RandomFunction function : functions) {
        String what = "seed %d, %s".formatted(seed, function);
        assertThat(sandbox.function("own_" + function.name()).type())
            .as(what)
            .isEqualTo(function.methodType());
        for (int call = 0; call < CALLS; call++) {
          List<Object> arguments =
              call % 3 == 0 ? limits(function, call) : function.arguments(random);
          checkOwn(what, sandbox, function, arguments);
          checkPassedOn(what, sandbox, function, recorder, arguments, random);
        }
      }
    }
  }

  private static List<Object> limits(RandomFunction function, int round) {
    List<Object> arguments = new ArrayList<>();
    for (CType parameter : function.parameters()) {
      List<Object> limits = parameter.limits();
      arguments.add(limits.get((round + arguments.size()) % limits.size()));
    }
    return arguments;
  }

  private static void checkOwn(
      String what, Sandbox sandbox, RandomFunction function, List<Object> arguments)
      throws Throwable {
    Object result = sandbox.function("own_" + function.name()).invokeWithArguments(arguments);
    long hash = function.hash(arguments);
    assertThat(sandbox.call("last_hash", long.class)).as("hash in %s", what).isEqualTo(hash);
    if (function.result() != CType.VOID) {
      Object expected =
          function.echoed() < 0
              ? function.result().derived(hash)
              : arguments.get(function.echoed());
      assertThat(CType.comparable(result)).as(what).isEqualTo(CType.comparable(expected));
    }
  }

  private static void checkPassedOn(
      String what,
      Sandbox sandbox,
      RandomFunction function,
      Recorder recorder,
      List<Object> arguments,
      RandomGenerator random) {
    recorder.answer = function.result() == CType.VOID ? null : function.result().random(random);
    Object result = sandbox.call("pass_" + function.name(), Object.class, arguments.toArray());
    assertThat(recorder.received.stream().map(CType::comparable).toList())
        .as("arguments in %s", what)
        .isEqualTo(arguments.stream().map(CType::comparable).toList());
    if (recorder.answer != null) {
      assertThat(CType.comparable(result)).as(what).isEqualTo(CType.comparable(recorder.answer));
      assertThat(sandbox.call("last_hash", long.class))
          .as("hash of the result in %s", what)
          .isEqualTo(function.result().fold(0, recorder.answer));
    }
  }

  private static String program(List<RandomFunction> functions) {
    StringBuilder program = new StringBuilder(RustType.PRELUDE);
    program.append("#[hyperlight::import]\nmod host {\n");
    for (RandomFunction function : functions) {
      program.append(
          "    fn %s(%s) -> %s;\n"
              .formatted(
                  function.name(),
                  RustType.parameters(function),
                  RustType.name(function.result())));
    }
    program.append("}\n");
    for (int i = 0; i < functions.size(); i++) {
      RandomFunction function = functions.get(i);
      program.append(ownFunction(function, i % 2 == 0));
      program.append(passingFunction(function));
    }
    return program.toString();
  }

  /** Returns an argument or a value made from the hash; half of the functions return a Result. */
  private static String ownFunction(RandomFunction function, boolean plain) {
    String type = RustType.name(function.result());
    int echoed = function.echoed();
    String result =
        echoed < 0 ? RustType.derived(function.result(), "hash") : "p%d.into()".formatted(echoed);
    return """
    #[hyperlight::export]
    fn own_%s(%s) -> %s {
    %s    remember(hash);
        %s
    }
    """
        .formatted(
            function.name(),
            RustType.parameters(function),
            plain ? type : "Result<%s, core::fmt::Error>".formatted(type),
            RustType.hash(function),
            plain ? result : "Ok(%s)".formatted(result));
  }

  private static String passingFunction(RandomFunction function) {
    String names =
        String.join(
            ", ",
            LongStream.range(0, function.parameters().size()).mapToObj(i -> "p" + i).toList());
    String fold =
        function.result() == CType.VOID
            ? ""
            : "    remember(%s);\n".formatted(RustType.fold(function.result(), "0", "result"));
    return """
    #[hyperlight::export]
    fn pass_%1$s(%2$s) -> Result<%3$s, Error> {
        let result = host::%1$s(%4$s)?;
    %5$s    Ok(result)
    }
    """
        .formatted(
            function.name(),
            RustType.parameters(function),
            RustType.name(function.result()),
            names,
            fold);
  }
}

package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.FunctionDeclaration;
import io.hyperlight.HostFunction;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.testing.CompiledGuest;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests all kinds of host functions, and what is refused when a sandbox is built. */
class HostFunctionRegistrationTest {
  private static final int MAX_OF_A_LAMBDA = 8;

  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(long, plus, int, long)

      HL_EXPORT(long, sum, int, long)
      long sum(int a, long b) { return plus(a, b); }
      """;

  /** Functions and actions of 0 to 8 parameters, and exports that call them with 1, 2, 3 ... */
  private static String lambdaProgram() {
    StringBuilder program = new StringBuilder("#include <hyperlight.h>\n");
    for (int arity = 0; arity <= MAX_OF_A_LAMBDA; arity++) {
      String types = ", int".repeat(arity);
      String values =
          IntStream.rangeClosed(1, arity)
              .mapToObj(String::valueOf)
              .collect(Collectors.joining(", "));
      program.append(
          """
          HL_IMPORT(hl_string, of%1$d%2$s)
          HL_IMPORT(void, action%1$d%2$s)
          HL_EXPORT(hl_string, call_of%1$d)
          hl_string call_of%1$d(void) { return of%1$d(%3$s); }
          HL_EXPORT(void, call_action%1$d)
          void call_action%1$d(void) { action%1$d(%3$s); }
          """
              .formatted(arity, types, values));
    }
    return program.toString();
  }

  private static String join(Object... values) {
    return Arrays.toString(values);
  }

  @Test
  void lambdasTakeUpToEightParameters() {
    AtomicReference<String> seen = new AtomicReference<>("");
    Sandbox.Builder builder =
        Sandbox.builder(CompiledGuest.of(lambdaProgram()))
            .hostFunction("of0", () -> join())
            .hostFunction("of1", (Integer a) -> join(a))
            .hostFunction("of2", (Integer a, Integer b) -> join(a, b))
            .hostFunction("of3", (Integer a, Integer b, Integer c) -> join(a, b, c))
            .hostFunction("of4", (Integer a, Integer b, Integer c, Integer d) -> join(a, b, c, d))
            .hostFunction(
                "of5",
                (Integer a, Integer b, Integer c, Integer d, Integer e) -> join(a, b, c, d, e))
            .hostFunction(
                "of6",
                (Integer a, Integer b, Integer c, Integer d, Integer e, Integer f) ->
                    join(a, b, c, d, e, f))
            .hostFunction(
                "of7",
                (Integer a, Integer b, Integer c, Integer d, Integer e, Integer f, Integer g) ->
                    join(a, b, c, d, e, f, g))
            .hostFunction(
                "of8",
                (Integer a,
                    Integer b,
                    Integer c,
                    Integer d,
                    Integer e,
                    Integer f,
                    Integer g,
                    Integer h) -> join(a, b, c, d, e, f, g, h))
            .hostAction("action0", () -> seen.set(join()))
            .hostAction("action1", (Integer a) -> seen.set(join(a)))
            .hostAction("action2", (Integer a, Integer b) -> seen.set(join(a, b)))
            .hostAction("action3", (Integer a, Integer b, Integer c) -> seen.set(join(a, b, c)))
            .hostAction(
                "action4",
                (Integer a, Integer b, Integer c, Integer d) -> seen.set(join(a, b, c, d)))
            .hostAction(
                "action5",
                (Integer a, Integer b, Integer c, Integer d, Integer e) ->
                    seen.set(join(a, b, c, d, e)))
            .hostAction(
                "action6",
                (Integer a, Integer b, Integer c, Integer d, Integer e, Integer f) ->
                    seen.set(join(a, b, c, d, e, f)))
            .hostAction(
                "action7",
                (Integer a, Integer b, Integer c, Integer d, Integer e, Integer f, Integer g) ->
                    seen.set(join(a, b, c, d, e, f, g)))
            .hostAction(
                "action8",
                (Integer a,
                    Integer b,
                    Integer c,
                    Integer d,
                    Integer e,
                    Integer f,
                    Integer g,
                    Integer h) -> seen.set(join(a, b, c, d, e, f, g, h)));
    try (Sandbox sandbox = builder.build()) {
      for (int arity = 0; arity <= MAX_OF_A_LAMBDA; arity++) {
        String expected = IntStream.rangeClosed(1, arity).boxed().toList().toString();
        assertThat(sandbox.call("call_of" + arity, String.class)).isEqualTo(expected);
        sandbox.call("call_action" + arity, void.class);
        assertThat(seen).hasValue(expected);
      }
    }
  }

  private static Sandbox.Builder builder() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM));
  }

  private static MethodHandle handle(String name, Class<?> result, Class<?>... parameters)
      throws ReflectiveOperationException {
    return MethodHandles.lookup()
        .findStatic(
            HostFunctionRegistrationTest.class, name, MethodType.methodType(result, parameters));
  }

  static long plus(int a, long b) {
    return a + b;
  }

  static long plusBoxed(Integer a, Long b) {
    return a + b;
  }

  static int plusInts(int a, int b) {
    return a + b;
  }

  static void plusNothing(int a, long b) {}

  static long plusLongs(int a, long... more) {
    return a + Arrays.stream(more).sum();
  }

  @Test
  void aMethodHandleOfTheDeclaredTypesIsTaken() throws Exception {
    try (Sandbox sandbox =
        builder().hostFunction("plus", handle("plus", long.class, int.class, long.class)).build()) {
      assertThat(sandbox.call("sum", long.class, 1, 2L)).isEqualTo(3);
    }
  }

  @Test
  void aMethodHandleOfOtherTypesIsRefused() throws Exception {
    assertMismatch(handle("plusInts", int.class, int.class, int.class));
    assertMismatch(handle("plusBoxed", long.class, Integer.class, Long.class));
    assertMismatch(handle("plusNothing", void.class, int.class, long.class));
    assertMismatch(handle("plusLongs", long.class, int.class, long[].class));
    assertMismatch(MethodHandles.identity(long.class));
    assertMismatch(
        handle("plus", long.class, int.class, long.class).asType(MethodType.genericMethodType(2)));
  }

  private static void assertMismatch(MethodHandle handle) {
    Sandbox.Builder builder = builder().hostFunction("plus", handle);
    assertThatThrownBy(builder::build)
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageContaining("plus")
        .hasMessageContaining("long plus(int, long)");
  }

  @Test
  void aMethodHandleOfVariableArityIsTakenForWhatItsArrayIs() throws Exception {
    MethodHandle variable = handle("plusLongs", long.class, int.class, long[].class);
    assertThat(variable.isVarargsCollector()).isTrue();
    try (Sandbox sandbox =
        builder().hostFunction("plus", variable.asCollector(long[].class, 1)).build()) {
      assertThat(sandbox.call("sum", long.class, 1, 2L)).isEqualTo(3);
    }
  }

  @Test
  void aLambdaOfAnotherArityIsRefused() {
    Sandbox.Builder builder = builder().hostFunction("plus", (Integer a) -> (long) a);
    assertThatThrownBy(builder::build)
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageContaining(
            "host function plus takes 1 parameters, and the guest declares long plus(int, long)");
  }

  @Test
  void anActionIsRefusedWhereTheGuestWantsAResult() {
    Sandbox.Builder builder = builder().hostAction("plus", (Integer _, Long _) -> {});
    assertThatThrownBy(builder::build)
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageContaining("host function plus has no result");
  }

  @Test
  void aFunctionMayAnswerWhereTheGuestWantsNoResult() {
    String program =
        "#include <hyperlight.h>\nHL_IMPORT(void, tell, int)\nHL_EXPORT(void, pass_on, int)\n"
            + "void pass_on(int news) { tell(news); }";
    AtomicReference<Integer> told = new AtomicReference<>();
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(program))
            .hostFunction("tell", (Integer news) -> told.getAndSet(news))
            .build()) {
      sandbox.call("pass_on", void.class, 5);
    }
    assertThat(told).hasValue(5);
  }

  @Test
  void whatIsMissingIsNamed() {
    String program =
        PROGRAM
            + """
            HL_IMPORT(void, tell, hl_string)
            HL_EXPORT(void, news)
            void news(void) { tell(HL_STR("news")); }
            """;
    Sandbox.Builder builder = Sandbox.builder(CompiledGuest.of(program));
    assertThatThrownBy(builder::build)
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageContaining("long plus(int, long)")
        .hasMessageContaining("void tell(hl_string)");
    builder.hostFunction("plus", (Integer a, Long b) -> a + b);
    assertThatThrownBy(builder::build)
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageEndingWith("[void tell(hl_string)]");
  }

  @Test
  void aSecondFunctionOfANameIsRefusedAndTheFirstStays() {
    Sandbox.Builder builder = builder().hostFunction("plus", (Integer a, Long b) -> a + b);
    assertThatThrownBy(() -> builder.hostFunction("plus", () -> 0L))
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
        .hasMessageContaining("plus is registered twice");
    assertThatThrownBy(() -> builder.hostAction("plus", () -> {}))
        .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS));
    try (Sandbox sandbox = builder.build()) {
      assertThat(sandbox.call("sum", long.class, 1, 2L)).isEqualTo(3);
    }
  }

  @Test
  void whatTheGuestDoesNotImportDoesNoHarm() {
    try (Sandbox sandbox =
        builder()
            .hostFunction("plus", (Integer a, Long b) -> a + b)
            .hostFunction("minus", (Integer a, Long b) -> a - b)
            .build()) {
      assertThat(sandbox.call("sum", long.class, 1, 2L)).isEqualTo(3);
    }
  }

  @Test
  void oneHostFunctionAnswersAllImportsOfItsName() {
    // Two files with the same import make two entries in the table, and so do two tables of one
    // file.
    String program =
        PROGRAM
            + """
            static const struct hl_function second __attribute__((section("hyperlight_functions"), used, aligned(8))) = {
                .kind = HL_KIND_IMPORT, .result = HL_INT64, .parameter_count = 2, .parameters = {HL_INT32, HL_INT64},
                .name = "plus"};

            HL_EXPORT(long, sum_again, int, long)
            long sum_again(int a, long b)
            {
                struct hl_value arguments[] = {{(uint64_t)a, 0}, {(uint64_t)b, 0}};
                struct hl_value result;
                hl_host_call(&second, arguments, &result);
                return (long)result.first;
            }
            """;
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(program))
            .hostFunction("plus", (Integer a, Long b) -> a + b)
            .build()) {
      assertThat(sandbox.guest().imports())
          .extracting(FunctionDeclaration::name)
          .isEqualTo(List.of("plus", "plus"));
      assertThat(sandbox.call("sum", long.class, 1, 2L)).isEqualTo(3);
      assertThat(sandbox.call("sum_again", long.class, -5, 2L)).isEqualTo(-3);
    }
  }

  @Test
  void aHostCallOfAnythingButAnImportIsAProtocolViolation() {
    String program =
        PROGRAM
            + """
            HL_EXPORT(void, call_number, int64_t)
            void call_number(int64_t number)
            {
                struct hl_value arguments[32] = {{0, 0}};
                struct hl_value result;
                hl_host_call((const struct hl_function *)((uintptr_t)&hl_function_plus + number * 56), arguments, &result);
            }
            """;
    // Relative to the import: two exports before it, two after it, or one on either side.
    for (long number : new long[] {-3, -2, -1, 1, 2, 3, 4096, Integer.MAX_VALUE, 1L << 32}) {
      try (Sandbox sandbox =
          Sandbox.builder(CompiledGuest.of(program))
              .hostFunction("plus", (Integer a, Long b) -> a + b)
              .build()) {
        sandbox.call("call_number", void.class, 0L);
        assertThatThrownBy(() -> sandbox.call("call_number", void.class, number))
            .as("number %d", number)
            .isInstanceOf(GuestFaultException.class)
            .hasMessageContaining("which is not one of its imports");
      }
    }
  }

  @Test
  void namesAndFunctionsAreNotNull() {
    assertThatThrownBy(() -> builder().hostFunction(nothing(), () -> 0L))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> builder().hostFunction("plus", (MethodHandle) nothing()))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> builder().hostAction("plus", (HostFunction.Action0) nothing()))
        .isInstanceOf(NullPointerException.class);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }
}

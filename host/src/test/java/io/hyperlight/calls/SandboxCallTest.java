package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.FunctionDeclaration;
import io.hyperlight.Sandbox;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.invoke.WrongMethodTypeException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests which calls are allowed and which are refused, and that a refusal has no consequences. */
@HardwareLaneQuick
class SandboxCallTest {
  private static final String PROGRAM = SourceFile.of(SandboxCallTest.class, "sandbox_calls.c");

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  @BeforeEach
  void build() {
    sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build();
  }

  @AfterEach
  void close() {
    sandbox.close();
  }

  @Test
  void guestStateLastsFromCallToCall() {
    assertThat(sandbox.call("count_up", long.class, 2L)).isEqualTo(2);
    assertThat(sandbox.call("count_up", long.class, 3L)).isEqualTo(5);
  }

  @Test
  void sandboxesOfOneGuestShareNothing() {
    sandbox.call("count_up", long.class, 2L);
    try (Sandbox other = Sandbox.builder(sandbox.guest()).build()) {
      assertThat(other.call("count_up", long.class, 1L)).isEqualTo(1);
    }
    assertThat(sandbox.call("count_up", long.class, 1L)).isEqualTo(3);
  }

  @Test
  void aBuilderBuildsAnyNumberOfSandboxes() {
    Sandbox.Builder builder = Sandbox.builder(CompiledGuest.of(PROGRAM));
    try (Sandbox one = builder.build();
        Sandbox two = builder.build()) {
      one.call("count_up", long.class, 7L);
      assertThat(two.call("count_up", long.class, 1L)).isEqualTo(1);
    }
  }

  @Test
  void theResultTypeMayBeThePrimitiveItsBoxOrObject() {
    assertThat(sandbox.call("add", int.class, 1, 2)).isEqualTo(3);
    assertThat(sandbox.call("add", Integer.class, 1, 2)).isEqualTo(3);
    assertThat(sandbox.call("add", Object.class, 1, 2)).isEqualTo(3);
    assertThat((Object) sandbox.call("nothing", void.class)).isNull();
    assertThat((Object) sandbox.call("nothing", Void.class)).isNull();
    assertThat(sandbox.call("nothing", Object.class)).isNull();
  }

  private static Stream<Arguments> wrongArguments() {
    return Stream.of(
        arguments("add", list(), "int add(int, int) takes 2 arguments, not 0"),
        arguments("add", list(1), "takes 2 arguments, not 1"),
        arguments("add", list(1, 2, 3), "takes 2 arguments, not 3"),
        arguments("nothing", list(1), "void nothing(void) takes 0 arguments, not 1"),
        arguments("add", list(1, "2"), "argument 2 of int add(int, int) is a String"),
        arguments("add", list(1L, 2), "argument 1 of int add(int, int) is a Long, and must be int"),
        arguments("add", list(1, 2.0), "is a Double"),
        arguments("add", list('1', 2), "is a Character"),
        arguments("add", list(null, 2), "argument 1 of int add(int, int) is null"),
        arguments("add_shorts", list(1, 2), "is a Integer, and must be short"),
        arguments("negate", list((short) 1), "is a Short, and must be byte"),
        arguments("half", list(1), "is a Integer, and must be double"),
        arguments("half", list(1f), "is a Float, and must be double"),
        arguments("half_float", list(1d), "is a Double, and must be float"),
        arguments("not", list(1), "must be boolean"),
        arguments("greet", list((Object) null), "is null, and must be String"),
        arguments("greet", list(new Object()), "is a Object"),
        arguments("greet", list(new byte[0]), "is a byte[]"),
        arguments("reverse", list((Object) null), "is null, and must be byte[]"),
        arguments("reverse", list("text"), "is a String, and must be byte[]"));
  }

  private static @Nullable Object[] list(@Nullable Object... arguments) {
    return arguments;
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("wrongArguments")
  void wrongArgumentsAreRefusedByName(
      String function, @Nullable Object[] arguments, String message) {
    assertThatThrownBy(() -> sandbox.call(function, Object.class, arguments))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining(message);
    assertThat(sandbox.call("add", int.class, 1, 2)).isEqualTo(3);
  }

  private static Stream<Arguments> wrongResultTypes() {
    return Stream.of(
        arguments("count_up", int.class, "long count_up(long) returns long in Java, not int"),
        arguments("count_up", void.class, "returns long in Java, not void"),
        arguments("count_up", Number.class, "not Number"),
        arguments("count_up", Double.class, "not Double"));
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("wrongResultTypes")
  void aWrongResultTypeIsRefusedBeforeTheGuestRuns(String function, Class<?> type, String message) {
    assertThatThrownBy(() -> sandbox.call(function, type, 1L))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining(message);
    assertThat(sandbox.call("count_up", long.class, 0L)).as("calls that ran").isZero();
  }

  @Test
  void nothingIsNoResultOfAnotherType() {
    assertThatThrownBy(() -> sandbox.call("nothing", int.class))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining("void nothing(void) returns void in Java, not int");
  }

  @Test
  void smallerIntegersAreWidened() {
    byte small = -3;
    short medium = -300;
    assertThat(sandbox.call("add", int.class, small, medium)).isEqualTo(-303);
    assertThat(sandbox.call("add_shorts", short.class, small, medium)).isEqualTo((short) -303);
    assertThat(sandbox.call("count_up", long.class, small)).isEqualTo(-3);
    assertThat(sandbox.call("count_up", long.class, medium)).isEqualTo(-303);
    assertThat(sandbox.call("count_up", long.class, 1000)).isEqualTo(697);
    assertThat(sandbox.call("echo_unsigned", long.class, 5)).isEqualTo(5);
    assertThatThrownBy(() -> sandbox.call("echo_unsigned", long.class, small))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT));
  }

  @Test
  void anUnknownNameIsAnsweredWithSimilarOnes() {
    assertThatThrownBy(() -> sandbox.call("ad", int.class, 1, 2))
        .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION))
        .hasMessageContaining("exports no function ad; did you mean add");
    assertThatThrownBy(() -> sandbox.function("CountUp"))
        .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION))
        .hasMessageContaining("did you mean count_up");
  }

  @Test
  void aNameUnlikeAnyOtherIsAnsweredWithAllThereAre() {
    assertThatThrownBy(() -> sandbox.call("launch_rockets", void.class))
        .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION))
        .hasMessageContaining("it exports add, add_shorts, count_up");
    assertThatThrownBy(() -> sandbox.call("", void.class))
        .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION));
  }

  @Test
  void theNameOfAnImportIsNotThatOfAFunctionToCall() {
    String program =
        "#include <hyperlight.h>\nHL_IMPORT(int, ask)\nHL_EXPORT(int, pass_on)\n"
            + "int pass_on(void) { return ask(); }";
    try (Sandbox asking =
        Sandbox.builder(CompiledGuest.of(program)).hostFunction("ask", () -> 1).build()) {
      assertThatThrownBy(() -> asking.call("ask", int.class))
          .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION));
    }
  }

  @Test
  void handlesHaveExactlyTheDeclaredTypes() {
    assertType("add", int.class, int.class, int.class);
    assertType("add_shorts", short.class, short.class, short.class);
    assertType("negate", byte.class, byte.class);
    assertType("count_up", long.class, long.class);
    assertType("echo_unsigned", long.class, long.class);
    assertType("half", double.class, double.class);
    assertType("half_float", float.class, float.class);
    assertType("not", boolean.class, boolean.class);
    assertType("greet", String.class, String.class);
    assertType("reverse", byte[].class, byte[].class);
    assertType("nothing", void.class);
  }

  private void assertType(String name, Class<?> result, Class<?>... parameters) {
    MethodType type = MethodType.methodType(result, parameters);
    assertThat(sandbox.function(name).type()).isEqualTo(type);
    assertThat(
            sandbox.guest().exports().stream()
                .filter(function -> function.name().equals(name))
                .map(FunctionDeclaration::type))
        .containsExactly(type);
  }

  @Test
  void handlesAreCalledExactly() throws Throwable {
    assertThat((int) sandbox.function("add").invokeExact(2, 3)).isEqualTo(5);
    assertThat((short) sandbox.function("add_shorts").invokeExact((short) -2, (short) 3))
        .isEqualTo((short) 1);
    assertThat((byte) sandbox.function("negate").invokeExact((byte) 5)).isEqualTo((byte) -5);
    assertThat((long) sandbox.function("count_up").invokeExact(5L)).isEqualTo(5);
    assertThat((double) sandbox.function("half").invokeExact(5.0)).isEqualTo(2.5);
    assertThat((float) sandbox.function("half_float").invokeExact(5f)).isEqualTo(2.5f);
    assertThat((boolean) sandbox.function("not").invokeExact(true)).isFalse();
    assertThat((String) sandbox.function("greet").invokeExact("you")).isEqualTo("Hello, you");
    assertThat((byte[]) sandbox.function("reverse").invokeExact(new byte[] {1, 2, 3}))
        .containsExactly(3, 2, 1);
    sandbox.function("nothing").invokeExact();
  }

  @Test
  void handlesOfOtherTypesAreTheCallersMistake() {
    MethodHandle add = sandbox.function("add");
    assertThatThrownBy(() -> add.invokeExact(2L, 3L)).isInstanceOf(WrongMethodTypeException.class);
    assertThat(sandbox.call("add", int.class, 1, 2)).isEqualTo(3);
  }

  @Test
  void handlesRefuseNull() throws Throwable {
    MethodHandle greet = sandbox.function("greet");
    MethodHandle reverse = sandbox.function("reverse");
    assertThatThrownBy(() -> greet.invokeWithArguments((Object) null))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining("argument 1 of hl_string greet(hl_string) is null");
    assertThatThrownBy(() -> reverse.invokeWithArguments((Object) null))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining("is null");
    assertThat((String) greet.invokeExact("you")).isEqualTo("Hello, you");
  }

  @Test
  void handlesOfOneSignatureCallTheirOwnFunctionAndSandbox() throws Throwable {
    MethodHandle here = sandbox.function("count_up");
    try (Sandbox other = Sandbox.builder(sandbox.guest()).build()) {
      MethodHandle there = other.function("count_up");
      assertThat((long) here.invokeExact(5L)).isEqualTo(5);
      assertThat((long) there.invokeExact(1L)).isEqualTo(1);
      assertThat((long) here.invokeExact(5L)).isEqualTo(10);
    }
  }

  @Test
  void nothingCanBeCalledAfterClosing() {
    MethodHandle add = sandbox.function("add");
    sandbox.close();
    assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
        .satisfies(kind(ClosedException.Kind.SANDBOX));
    assertThatThrownBy(() -> add.invokeWithArguments(1, 2))
        .satisfies(kind(ClosedException.Kind.SANDBOX));
    assertThat(sandbox.guest().exports()).isNotEmpty();
  }

  @Test
  void closingTwiceIsClosingOnce() {
    sandbox.close();
    sandbox.close();
    assertThatThrownBy(() -> sandbox.call("nothing", void.class))
        .satisfies(kind(ClosedException.Kind.SANDBOX));
  }

  @Test
  void itsNameIsTheGuests() {
    assertThat(sandbox).hasToString("Sandbox[" + sandbox.guest().name() + "]");
  }

  @Test
  void aGuestNamesItsFunctionsInOrder() {
    assertThat(sandbox.guest().exports())
        .extracting(FunctionDeclaration::name)
        .isSorted()
        .hasSize(11);
    assertThat(sandbox.guest().imports()).isEqualTo(List.of());
    assertThat(sandbox.guest().exports().getFirst()).hasToString("int add(int, int)");
  }
}

package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The corners of the System V ABI for AMD64, section 3.2.3, as a C compiler's callee sees them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@HardwareLaneQuick
class CallingConventionTest {
  private static final int MOST = 32;

  @SuppressWarnings("NullAway.Init")
  Sandbox sandbox;

  /** Compiles the program. */
  Guest guest(String program) {
    return CompiledGuest.of(program);
  }

  @BeforeAll
  void build() {
    sandbox = Sandbox.builder(guest(program())).build();
  }

  @AfterAll
  void close() {
    sandbox.close();
  }

  private static String program() {
    return SourceFile.of(CallingConventionTest.class, "calling_convention.c")
        + many("longs", "long", "long", "sum = sum * 31 + p%d;")
        + many("doubles", "long", "double", "sum = sum * 31 + (long)p%d;")
        + many("strings", "long", "hl_string", "sum = sum * 31 + p%d.data[0];");
  }

  /** Returns a function of 32 parameters that computes the same as {@link #horner}. */
  private static String many(String name, String result, String type, String step) {
    return """
    HL_EXPORT(%2$s, %1$s, %3$s)
    %2$s %1$s(%4$s)
    {
        unsigned long sum = 0;
        %5$s
        return (%2$s)sum;
    }
    """
        .formatted(
            name,
            result,
            IntStream.range(0, MOST).mapToObj(_ -> type).collect(Collectors.joining(", ")),
            IntStream.range(0, MOST)
                .mapToObj(i -> type + " p" + i)
                .collect(Collectors.joining(", ")),
            IntStream.range(0, MOST)
                .mapToObj(i -> step.formatted(i))
                .collect(Collectors.joining("\n    ")));
  }

  private static long horner(IntStream values) {
    return values.asLongStream().reduce(0, (sum, value) -> sum * 31 + value);
  }

  @Test
  void aFunctionWithoutParametersIsCalled() {
    assertThat(sandbox.call("nothing", int.class)).isEqualTo(42);
  }

  @Test
  void anIntegerStillGetsTheRegisterThatAStringDidNotFitInto() {
    assertThat(
            sandbox.call(
                "string_on_stack",
                String.class,
                1L,
                2L,
                3L,
                4L,
                5L,
                "six",
                7L,
                new byte[] {'8'},
                9L))
        .isEqualTo("1 2 3 4 5 six 7 8 9 ");
  }

  @Test
  void realsAndIntegersFillTheirOwnRegistersAndShareTheStack() {
    assertThat(
            sandbox.call(
                "reals_between",
                String.class,
                1d,
                2,
                3f,
                "four",
                5d,
                6d,
                7d,
                8d,
                9d,
                10d,
                11d,
                "twelve",
                "thirteen",
                14f,
                (byte) -15))
        .isEqualTo("1 2 3 four 5 6 7 8 9 10 11 twelve thirteen 14 -15 ");
  }

  @Test
  void argumentsOfOneKindComeInOrder() {
    assertThat(sandbox.call("tens", double.class, 4d, 2d)).isEqualTo(42d);
  }

  @Test
  void thereCanBe32Integers() {
    Object[] arguments = IntStream.range(1, 33).mapToObj(i -> (long) i).toArray();
    assertThat(sandbox.call("longs", long.class, arguments))
        .isEqualTo(horner(IntStream.range(1, 33)));
  }

  @Test
  void thereCanBe32Reals() {
    Object[] arguments = DoubleStream.iterate(1, d -> d + 1).limit(32).boxed().toArray();
    assertThat(sandbox.call("doubles", long.class, arguments))
        .isEqualTo(horner(IntStream.range(1, 33)));
  }

  @Test
  void thereCanBe32Strings() {
    List<String> letters =
        IntStream.range('A', 'A' + 32).mapToObj(c -> String.valueOf((char) c)).toList();
    assertThat(sandbox.call("strings", long.class, letters.toArray()))
        .isEqualTo(horner(IntStream.range('A', 'A' + 32)));
  }

  @Test
  void theStackIsAlignedAsTheAbiHasItWhateverLiesOnIt() {
    // 16 bytes at the call, and the return address pushed.
    long plain = sandbox.call("stack_pointer", long.class);
    assertThat(plain % 16).isEqualTo(8);
    assertThat(sandbox.call("stack_pointer_behind", long.class, "", "", "", "")).isEqualTo(plain);
  }

  @Test
  void aFunctionBeginsWithTheDirectionFlagClear() {
    sandbox.call("leave_direction_flag_set", void.class);
    assertThat(sandbox.call("direction_flag", long.class)).isZero();
  }

  @Test
  void aFunctionBeginsWithTheFloatingPointDefaults() {
    assertThat(sandbox.call("mxcsr", long.class) & ~0x3fL).isEqualTo(0x1f80);
    assertThat(sandbox.call("x87_control", int.class)).isEqualTo(0x37f);
  }
}

package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
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

  /** What the program is compiled to. */
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
    return """
    #include <hyperlight.h>

    HL_EXPORT(int, nothing)
    int nothing(void) { return 42; }

    HL_EXPORT(hl_string, string_on_stack, long, long, long, long, long, hl_string, long, hl_bytes, long)
    hl_string string_on_stack(long a, long b, long c, long d, long e, hl_string s, long f, hl_bytes t, long g)
    {
        hl_string text = {(const char *)t.data, t.size};
    #define NUMBER(n) hl_from_integer(n), HL_STR(" ")
        return hl_concat(NUMBER(a), NUMBER(b), NUMBER(c), NUMBER(d), NUMBER(e), s, HL_STR(" "), NUMBER(f), text,
                         HL_STR(" "), NUMBER(g));
    }

    HL_EXPORT(hl_string, reals_between, double, int, float, hl_string, double, double, double, double, double,
              double, double, hl_string, hl_string, float, int8_t)
    hl_string reals_between(double a, int b, float c, hl_string d, double e, double f, double g, double h, double i,
                            double j, double k, hl_string l, hl_string m, float n, int8_t o)
    {
        return hl_concat(NUMBER((long)a), NUMBER(b), NUMBER((long)c), d, HL_STR(" "), NUMBER((long)e),
                         NUMBER((long)f), NUMBER((long)g), NUMBER((long)h), NUMBER((long)i), NUMBER((long)j),
                         NUMBER((long)k), l, HL_STR(" "), m, HL_STR(" "), NUMBER((long)n), NUMBER(o));
    }

    HL_EXPORT(double, tens, double, double)
    double tens(double a, double b) { return 10 * a + b; }

    /* Of the entry point's own making: what the processor holds when a function begins. */
    HL_EXPORT(uint64_t, stack_pointer)
    HL_EXPORT(uint64_t, stack_pointer_behind, hl_string, hl_string, hl_string, hl_string)
    __asm__(".pushsection .text\\n"
            ".globl stack_pointer, stack_pointer_behind\\n"
            "stack_pointer: stack_pointer_behind: mov %rsp, %rax\\n"
            "ret\\n"
            ".popsection");

    HL_EXPORT(uint64_t, direction_flag)
    uint64_t direction_flag(void)
    {
        uint64_t flags;
        __asm__("pushfq; pop %0" : "=r"(flags));
        return flags & 0x400;
    }

    HL_EXPORT(void, leave_direction_flag_set)
    __asm__(".pushsection .text\\n"
            ".globl leave_direction_flag_set\\n"
            "leave_direction_flag_set: std\\n"
            "ret\\n"
            ".popsection");

    HL_EXPORT(uint32_t, mxcsr)
    uint32_t mxcsr(void) { return __builtin_ia32_stmxcsr(); }

    HL_EXPORT(uint16_t, x87_control)
    uint16_t x87_control(void)
    {
        uint16_t control;
        __asm__("fnstcw %0" : "=m"(control));
        return control;
    }

    """
        + many("longs", "long", "long", "sum = sum * 31 + p%d;")
        + many("doubles", "long", "double", "sum = sum * 31 + (long)p%d;")
        + many("strings", "long", "hl_string", "sum = sum * 31 + p%d.data[0];");
  }

  /** A function of 32 parameters that computes what {@link #horner} does. */
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

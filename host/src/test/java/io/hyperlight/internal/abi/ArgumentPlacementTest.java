package io.hyperlight.internal.abi;

import static io.hyperlight.internal.abi.ValueType.BOOL;
import static io.hyperlight.internal.abi.ValueType.BYTES;
import static io.hyperlight.internal.abi.ValueType.DOUBLE;
import static io.hyperlight.internal.abi.ValueType.FLOAT;
import static io.hyperlight.internal.abi.ValueType.INT32;
import static io.hyperlight.internal.abi.ValueType.INT64;
import static io.hyperlight.internal.abi.ValueType.STRING;
import static io.hyperlight.internal.abi.ValueType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Examples worked out by hand from the System V ABI, AMD64 supplement, section 3.2.3 "Parameter
 * Passing". A place is {@code i} and the number of an integer register (rdi, rsi, rdx, rcx, r8,
 * r9), {@code x} and that of a vector register, or {@code s} and that of an eightbyte on the stack.
 */
@NotInHardwareLane("No VM takes part.")
class ArgumentPlacementTest {
  static Stream<Arguments> examples() {
    return Stream.of(
        arguments(List.of(), ""),
        // "If the class is INTEGER, the next available register of the sequence %rdi, %rsi, %rdx,
        // %rcx, %r8 and %r9 is used."
        arguments(List.of(INT32, BOOL, UINT8, INT64), "i0 i1 i2 i3"),
        // "If the class is SSE, the next available vector register is used."
        arguments(List.of(DOUBLE, FLOAT), "x0 x1"),
        // The two sequences do not touch each other.
        arguments(List.of(DOUBLE, INT32, FLOAT, INT64), "x0 i0 x1 i1"),
        // The seventh integer and the ninth real go to the stack, in order.
        arguments(Collections.nCopies(8, INT64), "i0 i1 i2 i3 i4 i5 s0 s1"),
        arguments(Collections.nCopies(10, DOUBLE), "x0 x1 x2 x3 x4 x5 x6 x7 s0 s1"),
        // A structure of two INTEGER eightbytes takes two registers.
        arguments(List.of(STRING, BYTES, STRING), "i0 i2 i4"),
        arguments(List.of(INT32, STRING, INT32), "i0 i1 i3"),
        // "If there are no registers available for any eightbyte of an argument, the whole argument
        // is passed on the stack. If registers have already been assigned for some eightbytes of
        // such an argument, the assignments get reverted." So a later integer gets the last one.
        arguments(
            List.of(INT32, INT32, INT32, INT32, INT32, STRING, INT32, INT32),
            "i0 i1 i2 i3 i4 s0 i5 s2"),
        arguments(List.of(STRING, STRING, STRING, STRING, INT32), "i0 i2 i4 s0 s2"),
        // The stack's eightbytes are in the order of the arguments, whatever their class.
        arguments(
            List.of(
                STRING, STRING, STRING, BYTES, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE,
                DOUBLE, DOUBLE, FLOAT, INT32, STRING, FLOAT),
            "i0 i2 i4 s0 x0 x1 x2 x3 x4 x5 x6 x7 s2 s3 s4 s6"));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void argumentsGoWhereTheAbiPutsThem(List<ValueType> parameters, String places) {
    int[] expected =
        Arrays.stream(places.split(" "))
            .filter(place -> !place.isEmpty())
            .mapToInt(ArgumentPlacementTest::offset)
            .toArray();
    assertThat(ArgumentPlacement.place(parameters)).isEqualTo(expected);
  }

  private static int offset(String place) {
    int number = Integer.parseInt(place.substring(1));
    int base =
        switch (place.charAt(0)) {
          case 'i' -> CallFrame.INTEGER_ARGUMENTS;
          case 'x' -> CallFrame.SSE_ARGUMENTS;
          default -> CallFrame.STACK_ARGUMENTS;
        };
    return base + 8 * number;
  }

  @Test
  void theMostStackWordsThatAFunctionCanNeedFitIntoTheFrame() {
    int[] offsets = ArgumentPlacement.place(Collections.nCopies(Signature.MAX_PARAMETERS, STRING));
    int last = Arrays.stream(offsets).filter(o -> o < CallFrame.INTEGER_ARGUMENTS).max().orElse(0);
    assertThat(last + 16).isLessThanOrEqualTo(CallFrame.STACK_WORDS * Long.BYTES);
  }
}

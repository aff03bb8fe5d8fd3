package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A program's signal handlers get its processor exceptions, as under Linux. */
class FaultSignalTest {
  private static final String PROGRAM = SourceFile.of(FaultSignalTest.class, "fault_signals.c");

  private final Sandbox sandbox = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  @ParameterizedTest
  @CsvSource({
    "null, 11 1 there vector 14",
    "unmapped, 11 1 there vector 14",
    "read-only, 11 2 there vector 14",
    "no rights, 11 2 there vector 14",
    "no rights any more, 11 2 there vector 14",
    "execute, 11 2 there vector 14",
    "kernel, 11 128 there vector 13",
    "division by zero, 8 1 there vector 0",
    "large quotient, 8 1 there vector 0",
    "x87 division, 8 3 there vector 16",
    "x87 invalid, 8 7 there vector 16",
    "invalid, 4 2 there vector 6",
    "breakpoint, 5 128 there vector 3",
    "step, 5 2 there vector 1",
  })
  void aHandlerIsToldWhatHappenedAndCanJumpOut(String what, String told) {
    assertThat(sandbox.<String>call("fault", String.class, what)).isEqualTo(told);
    // The signal's mask was restored, so a second fault can be handled.
    assertThat(sandbox.<String>call("fault", String.class, what)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource({
    "SSE division, 8 3 there vector 19",
    "SSE invalid, 8 7 there vector 19",
    "SSE overflow, 8 4 there vector 19",
    "SSE underflow, 8 5 there vector 19",
    "SSE inexact, 8 6 there vector 19",
    "unaligned, 7 1 there vector 17",
    "stack, 7 128 there vector 12",
  })
  @NotInHardwareLane("The emulated processor raises neither #XM nor #AC, and #GP for #SS.")
  void soItIsOfWhatOnlyRealProcessorsRaise(String what, String told) {
    assertThat(sandbox.<String>call("fault", String.class, what)).isEqualTo(told);
    assertThat(sandbox.<String>call("fault", String.class, what)).isEqualTo(told);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @HardwareLaneQuick
  void allRegistersSurviveAHandlerWhichBeginsAsAFunctionDoes(boolean byCall) {
    for (int round = 0; round < 2; round++) {
      assertThat(sandbox.<String>call("preserve", String.class, byCall))
          .isEqualTo(
              "mxcsr 1fa0 control 27f x87 1.443 3.142 calls 1;"
                  + " at entry mxcsr 1f80 control 37f status 0 direction 0");
    }
  }

  @Test
  @HardwareLaneQuick
  void aHandlerCanChangeWhereItReturnsToAndTheRegistersThere() {
    assertThat(sandbox.<Integer>call("redirect", int.class)).isEqualTo(42);
    assertThat(sandbox.<Integer>call("redirect", int.class)).isEqualTo(42);
    assertThat(sandbox.<Long>call("emulated_loads", long.class, 20)).isEqualTo(3 * 210);
  }

  @Test
  @HardwareLaneQuick
  void aProgramCanStepThroughItself() {
    assertThat(sandbox.<Integer>call("steps", int.class)).isEqualTo(507);
  }

  private static final int SA_NODEFER = 0x4000_0000;
  private static final int SA_RESETHAND = 0x8000_0000;
  private static final int SIGFPE = 8;
  private static final int OTHER_FAULT = 1;
  private static final int SAME_FAULT = 2;

  private String nest(int flags, int masked, int inner, int times) {
    return sandbox.call("nest", String.class, flags, masked, inner, times);
  }

  @Test
  @HardwareLaneQuick
  void handlersCanFaultThemselves() {
    assertThat(nest(0, 0, OTHER_FAULT, 3)).isEqualTo("(f)(f)(f)");
    assertThat(nest(SA_NODEFER, 0, SAME_FAULT, 2)).isEqualTo("(())(())");
    assertThat(nest(SA_RESETHAND, 0, OTHER_FAULT, 1)).isEqualTo("(f)");
  }

  @Test
  void aFaultWhoseSignalIsBlockedByItsOwnHandlerEndsTheCall() {
    assertFault(() -> nest(0, 0, SAME_FAULT, 1), Kind.MEMORY_ACCESS);
  }

  @Test
  void soDoesOneThatTheHandlersMaskBlocks() {
    assertFault(() -> nest(0, SIGFPE, OTHER_FAULT, 1), Kind.DIVISION);
  }

  @Test
  void soDoesTheSecondWhereAHandlerIsForOne() {
    assertFault(() -> nest(SA_RESETHAND, 0, 0, 2), Kind.MEMORY_ACCESS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fault_blocked", "fault_ignored"})
  void soDoesOneThatIsBlockedOrIgnored(String function) {
    assertFault(() -> sandbox.call(function, void.class), Kind.MEMORY_ACCESS);
  }

  @Test
  @HardwareLaneQuick
  void anOverflowOfTheStackIsHandledOnAnother() {
    assertThat(sandbox.<Integer>call("overflow", int.class, true)).isEqualTo(10);
    assertThat(sandbox.<Integer>call("overflow", int.class, true)).isEqualTo(10);
  }

  @Test
  void withoutAnotherItEndsTheCall() {
    assertFault(() -> sandbox.call("overflow", int.class, false), Kind.STACK_OVERFLOW);
  }

  @Test
  void nothingIsWrittenBelowAFullAlternateStack() {
    long below = sandbox.<Long>call("below_alternate", long.class);
    byte[] before = ResetOracle.machineOf(sandbox).addressSpace().read(below, 4096);
    assertFault(() -> sandbox.call("overflow_alternate", int.class), Kind.MEMORY_ACCESS);
    assertThat(ResetOracle.machineOf(sandbox).addressSpace().read(below, 4096)).isEqualTo(before);
  }

  private static void assertFault(ThrowingCallable call, Kind kind) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            GuestFaultException.class, fault -> assertThat(fault.kind()).isEqualTo(kind));
  }
}

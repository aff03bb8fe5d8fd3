package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.fuzz.SilentLogger;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * The guest data that the host decodes: results of every type, the call frame, and the arguments of
 * host calls. A guest writes to its frame and elsewhere as it is told. It makes host calls and the
 * library's other system calls with any registers, and leaves with any result. Each call ends in a
 * value of its type or a typed exception, and a restore leaves nothing of it.
 */
@SuppressWarnings("exports") // tests are not exported
public final class FrameTarget implements FuzzTarget {
  private static final String PROGRAM = SourceFile.of(FrameTarget.class, "frame_target.c");

  private static final List<String> TYPES =
      List.of(
          "void",
          "bool",
          "int8_t",
          "int16_t",
          "int32_t",
          "int64_t",
          "uint8_t",
          "uint16_t",
          "uint32_t",
          "uint64_t",
          "float",
          "double",
          "hl_string",
          "hl_bytes");

  /** Guests may loop. */
  private static final Duration LONGEST_CALL = Duration.ofMillis(100);

  private static final int MAX_STEPS = 24;
  private static final int STEP_SIZE = 32;
  private static final int IMPORTS = 24;

  /** Where a script's steps end and memory for arguments begins. */
  private static final int ARGUMENTS = MAX_STEPS * STEP_SIZE;

  private static final int AREA_SIZE = 16384;

  private final Sandbox original;
  private final Snapshot snapshot;
  private final Sandbox sandbox;
  private final ResetOracle oracle;
  private final List<Long> places;

  public FrameTarget() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false);
    original =
        Sandbox.builder(CompiledGuest.of(PROGRAM + results() + ResetOracle.FUNCTIONS))
            .memorySize(4 << 20)
            .hostPrint(nowhere)
            .hostError(nowhere)
            .logger(new SilentLogger())
            .hostAction(
                "take_small",
                (Boolean flag, Byte a, Short b, Integer c, Integer d) -> {
                  assertThat(c).isBetween(0, 0xff);
                  assertThat(d).isBetween(0, 0xffff);
                })
            .hostAction(
                "take_large",
                (Integer a, Long b, Long c, Long d) -> {
                  assertThat(c).isBetween(0L, 0xffff_ffffL);
                  assertThat(d).isNotNegative();
                })
            .hostFunction("take_floats", (Float a, Double b) -> a + b)
            .hostFunction(
                "take_texts",
                (String a, byte[] b, String c) -> {
                  assertIsText(a);
                  assertIsText(c);
                  return a + b.length;
                })
            .hostFunction("give_bytes", (Integer size) -> new byte[size * size])
            .hostAction(
                "fail",
                () -> {
                  throw new IllegalStateException("as asked");
                })
            .build();
    long area = original.<Long>call("area_address", long.class);
    snapshot = original.snapshot();
    sandbox = snapshot.spawn();
    oracle = new ResetOracle(snapshot);
    long frame = Machines.frameOf(SandboxInternals.instanceOf(sandbox));
    long window = Machines.windowOf(SandboxInternals.instanceOf(sandbox));
    places =
        List.of(
            area + ARGUMENTS,
            area + AREA_SIZE,
            frame,
            frame + 0x280,
            frame + 0x400,
            window,
            0x1_0000L,
            0x1_1000L,
            0x7fff_ffff_f000L,
            0xffff_8000_0000_0000L,
            0L);
  }

  /** Returns a function for each result type, which does what the script says. */
  private static String results() {
    StringBuilder functions = new StringBuilder();
    for (String type : TYPES) {
      String result = type.startsWith("hl_") ? "(" + type + "){0, 0}" : "(" + type + ")0";
      functions.append(
          """
          HL_EXPORT(%1$s, give_%1$s, hl_bytes)
          %1$s give_%1$s(hl_bytes script) { run(script); return %2$s; }
          """
              .formatted(type, type.equals("void") ? "" : result));
    }
    return functions.toString();
  }

  private static void assertIsText(String text) {
    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(text)).isTrue();
  }

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    String type = choices.of(TYPES);
    byte[] script = script(choices);
    try {
      Object result = sandbox.within(LONGEST_CALL).call("give_" + type, Object.class, script);
      if (result instanceof String text) {
        assertIsText(text);
      }
      if (type.startsWith("uint") && result instanceof Number number) {
        assertThat(number.longValue()).isNotNegative();
      }
    } catch (GuestFaultException
        | GuestAbortException
        | GuestErrorException
        | GuestExitException
        | GuestDeadlockException
        | GuestLimitException
        | GuestTimeoutException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[\\P{Cntrl}\n\t]*");
    } catch (HostFunctionException e) {
      assertThat(e.getCause()).isExactlyInstanceOf(IllegalStateException.class);
    }
    sandbox.restore(snapshot);
  }

  private byte[] script(Choices choices) {
    ByteBuffer script = ByteBuffer.allocate(ARGUMENTS + 512).order(ByteOrder.LITTLE_ENDIAN);
    int steps = choices.below(MAX_STEPS);
    for (int i = 0; i < MAX_STEPS; i++) {
      putStep(script, i < steps ? choices.below(8) : -1, choices);
    }
    // Arguments of host calls: values, and addresses with sizes.
    while (script.hasRemaining() && choices.hasMore()) {
      script.putLong(value(choices));
    }
    byte[] bytes = new byte[script.capacity()];
    script.get(0, bytes);
    return bytes;
  }

  private void putStep(ByteBuffer script, int kind, Choices choices) {
    switch (kind) {
      case -1 -> put(script, 0x484c_1234, 0, 0, 0); // no such call
      case 0, 1 -> put(script, 0, place(choices), value(choices), 0);
      case 2, 3, 4 -> put(script, 1, choices.near(choices.below(IMPORTS)), place(choices), 0);
      case 5 ->
          put(
              script,
              0x484c_0000L + choices.below(10),
              value(choices),
              value(choices),
              value(choices));
      default -> put(script, 2, value(choices), value(choices), value(choices));
    }
  }

  private static void put(ByteBuffer script, long kind, long a, long b, long c) {
    script.putLong(kind).putLong(a).putLong(b).putLong(c);
  }

  private long place(Choices choices) {
    return choices.near(choices.of(places) + 8L * choices.octet());
  }

  private long value(Choices choices) {
    return switch (choices.below(4)) {
      case 0 -> choices.number();
      case 1 -> choices.below(64);
      case 2 -> choices.near(choices.of(places));
      default -> place(choices);
    };
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
    sandbox.restore(snapshot);
    assertThat(oracle.leaksOf(sandbox)).isEmpty();
    sandbox.restore(snapshot);
  }

  @Override
  public void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }
}

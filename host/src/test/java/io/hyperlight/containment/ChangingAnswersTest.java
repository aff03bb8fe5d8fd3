package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SourceFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A guest whose answers change at random: addresses and lengths of results, of messages, of
 * arguments for the host, and the end of the window. The test knows in advance whether an answer is
 * valid: a range of bytes either is the guest's own, or is not.
 */
final class ChangingAnswersTest {
  private static final int ANSWERS = Integer.getInteger("hyperlight.test.answers", 3_000);

  private static final int OWN_SIZE = 4 * 4096;

  private static final String PROGRAM =
      SourceFile.of(ChangingAnswersTest.class, "changing_answers.c") + ResetOracle.FUNCTIONS;

  private final Random random = new Random(Seeds.all().findFirst().orElseThrow());
  private final Sandbox original =
      Sandbox.builder(CompiledGuest.of(PROGRAM))
          .hostFunction("reverse", ChangingAnswersTest::reverse)
          .build();
  private final long own = original.<Long>call("own_address", long.class);
  private final Snapshot snapshot = original.snapshot();
  private final Sandbox sandbox = snapshot.spawn();

  @AfterEach
  void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }

  private static byte[] reverse(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  /** Bytes that the guest says are there. */
  private record Range(long address, long size) {}

  private Range anyRange() {
    long address =
        switch (random.nextInt(5)) {
          case 0 -> own + OWN_SIZE - random.nextInt(16);
          case 1 -> own - random.nextInt(2);
          case 2 -> random.nextLong();
          default -> own + random.nextInt(OWN_SIZE);
        };
    long size =
        switch (random.nextInt(6)) {
          case 0 -> random.nextLong();
          case 1 -> own + OWN_SIZE - address + random.nextInt(3) - 1;
          case 2 -> -random.nextInt(4096);
          case 3 -> 1L << random.nextInt(64);
          default -> random.nextInt(OWN_SIZE);
        };
    return new Range(address, size);
  }

  /** An empty range may be anywhere. */
  private boolean isOwn(Range range) {
    return range.size == 0
        || (range.address >= own
            && range.address < own + OWN_SIZE
            && range.size > 0
            && range.size <= own + OWN_SIZE - range.address);
  }

  private byte[] contents(Range range) {
    byte[] bytes = new byte[(int) range.size];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ((range.address - own + i) % 127);
    }
    return bytes;
  }

  @Test
  void resultsAreWhatTheGuestOwnsOrAreRefused() {
    List<Range> wrong = new ArrayList<>();
    int given = 0;
    for (int i = 0; i < ANSWERS; i++) {
      Range range = anyRange();
      try {
        byte[] result =
            random.nextBoolean()
                ? sandbox.<byte[]>call("give", byte[].class, range.address, range.size)
                : sandbox
                    .<String>call("give_text", String.class, range.address, range.size)
                    .getBytes(UTF_8);
        given++;
        if (!isOwn(range) || !Arrays.equals(result, contents(range))) {
          wrong.add(range);
        }
      } catch (GuestErrorException e) {
        assertThat(e.kind()).isEqualTo(GuestErrorException.Kind.INVALID_RESULT);
        if (isOwn(range)) {
          wrong.add(range);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(given).isBetween(ANSWERS / 10, ANSWERS - ANSWERS / 10);
  }

  @Test
  void errorsAreReportedWhateverTheirMessageIs() {
    for (int i = 0; i < ANSWERS; i++) {
      Range range = anyRange();
      String message = "none";
      try {
        sandbox.call("report", void.class, range.address, range.size);
      } catch (GuestErrorException e) {
        assertThat(e.kind()).isEqualTo(GuestErrorException.Kind.REPORTED);
        message = String.valueOf(e.getMessage());
      }
      if (isOwn(range)) {
        assertThat(message).doesNotContain("cannot be read");
      } else {
        assertThat(message).contains("cannot be read");
      }
    }
  }

  @Test
  void argumentsOfHostCallsAreWhatTheGuestOwnsOrEndTheCall() {
    ResetOracle oracle = new ResetOracle(snapshot);
    int faults = 0;
    for (int i = 0; i < ANSWERS; i++) {
      Range range = anyRange();
      int window = random.nextInt(4) == 0 ? random.nextInt() : 0;
      try {
        byte[] result =
            sandbox.<byte[]>call("pass", byte[].class, range.address, range.size, (long) window);
        assertThat(isOwn(range)).as("%s", range).isTrue();
        assertThat(result).isEqualTo(reverse(contents(range)));
      } catch (GuestFaultException e) {
        assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION);
        assertThat(window != 0 || !isOwn(range)).as("%s: %s", range, e).isTrue();
        faults++;
        sandbox.restore(snapshot);
      }
    }
    assertThat(faults).isBetween(ANSWERS / 10, ANSWERS - ANSWERS / 10);
    sandbox.restore(snapshot);
    assertThat(oracle.leaksOf(sandbox)).isEmpty();
  }
}

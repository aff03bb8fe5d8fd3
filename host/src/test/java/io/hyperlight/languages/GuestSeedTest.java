package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import org.junit.jupiter.api.Test;

/** Random numbers of guests with a libc: never the same, or the same wherever the seed is. */
class GuestSeedTest {
  private static final String PROGRAM =
      """
      #include <errno.h>
      #include <hyperlight.h>
      #include <string.h>
      #include <sys/auxv.h>
      #include <sys/random.h>

      static unsigned char bytes[256];

      HL_EXPORT(hl_bytes, draw, int)
      hl_bytes draw(int size)
      {
          return (hl_bytes){bytes, getrandom(bytes, (size_t)size, 0) == size ? (size_t)size : 0};
      }

      HL_EXPORT(hl_bytes, draw_entropy)
      hl_bytes draw_entropy(void)
      {
          return (hl_bytes){bytes, getentropy(bytes, 32) == 0 ? 32 : 0};
      }

      HL_EXPORT(hl_bytes, at_start)
      hl_bytes at_start(void)
      {
          memcpy(bytes, (void *)getauxval(AT_RANDOM), 16);
          return (hl_bytes){bytes, 16};
      }

      HL_EXPORT(int, refused, int64_t, int64_t, int)
      int refused(int64_t buffer, int64_t size, int flags)
      {
          return getrandom((void *)buffer, (size_t)size, (unsigned)flags) >= 0 ? 0 : errno;
      }
      """;

  private static Sandbox.Builder builder() {
    return Sandbox.builder(CompiledGuest.withLibc(PROGRAM));
  }

  private static byte[] draw(Sandbox sandbox) {
    return sandbox.call("draw", byte[].class, 32);
  }

  @Test
  void withoutASeedNothingComesTwice() {
    try (Sandbox sandbox = builder().build();
        Sandbox other = builder().build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      byte[] first = draw(spawned);
      assertThat(first).hasSize(32).isNotEqualTo(draw(spawned)).isNotEqualTo(draw(sandbox));
      spawned.restore(snapshot);
      assertThat(draw(spawned)).isNotEqualTo(first);
      assertThat(spawned.<byte[]>call("draw_entropy", byte[].class)).hasSize(32);
      byte[] start = sandbox.call("at_start", byte[].class);
      assertThat(start).isNotEqualTo(other.<byte[]>call("at_start", byte[].class));
      assertThat(start).isEqualTo(spawned.<byte[]>call("at_start", byte[].class));
    }
  }

  @Test
  void withASeedAllComesAgain() {
    try (Sandbox sandbox = builder().randomSeed(7).build();
        Sandbox same = builder().randomSeed(7).build();
        Sandbox other = builder().randomSeed(8).build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn();
        Sandbox reseeded = snapshot.spawner().randomSeed(8).spawn()) {
      byte[] start = sandbox.call("at_start", byte[].class);
      assertThat(start).isEqualTo(same.<byte[]>call("at_start", byte[].class));
      assertThat(start).isNotEqualTo(other.<byte[]>call("at_start", byte[].class));
      assertThat(draw(sandbox)).isEqualTo(draw(same)).isNotEqualTo(draw(other));
      byte[] first = draw(spawned);
      byte[] second = draw(spawned);
      assertThat(first).isNotEqualTo(second).isNotEqualTo(draw(reseeded));
      spawned.restore(snapshot);
      assertThat(draw(spawned)).isEqualTo(first);
      assertThat(draw(spawned)).isEqualTo(second);
    }
  }

  @Test
  void errorsAreThoseOfTheManual() {
    try (Sandbox sandbox = builder().build()) {
      assertThat(refused(sandbox, 1, 16, 0)).isEqualTo(14);
      assertThat(refused(sandbox, -1, 16, 0)).isEqualTo(14);
      assertThat(refused(sandbox, 0, 0, 0)).isZero();
      assertThat(refused(sandbox, 0, 0, 7)).isEqualTo(22);
      assertThat(refused(sandbox, 0, 0, 8)).isEqualTo(22);
    }
  }

  private static int refused(Sandbox sandbox, long buffer, long size, int flags) {
    return sandbox.<Integer>call("refused", int.class, buffer, size, flags);
  }
}

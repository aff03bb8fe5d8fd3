package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Held;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Repeated operations must not accumulate resources. The counts are properties, so that a long run
 * has the same tests.
 */
@Tag("slow")
class SnapshotSoakTest {
  private static final int RESTORES = Integer.getInteger("hyperlight.test.restores", 6_000);
  private static final int SPAWNS = Integer.getInteger("hyperlight.test.spawns", 150);
  private static final int SANDBOXES = Integer.getInteger("hyperlight.test.sandboxes", 400);
  private static final long MEMORY_SIZE = 1L << 30;

  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      static int calls;
      static unsigned char pages[256][4096];

      HL_EXPORT(int, touch, int, int)
      int touch(int from, int count)
      {
          for (int i = from; i < from + count; i++) {
              if (pages[i % 256][i] != 0) {
                  return -1;
              }
              pages[i % 256][i] = 1;
          }
          return ++calls;
      }

      HL_EXPORT(int, grow, uint64_t)
      int grow(uint64_t size)
      {
          char *block = malloc(size);
          block[size - 1] = 1;
          return ++calls;
      }

      HL_EXPORT(void, fault)
      void fault(void) { calls = 7; *(volatile int *)0 = 1; }
      """;

  private Sandbox original;
  private Snapshot snapshot;

  @BeforeEach
  void open() {
    original = Sandbox.builder(CompiledGuest.of(PROGRAM)).memorySize(MEMORY_SIZE).build();
    original.call("touch", int.class, 0, 1);
    original.call("grow", int.class, 1L << 20);
    snapshot = original.snapshot();
  }

  @AfterEach
  void close() {
    snapshot.close();
    original.close();
  }

  @Test
  @Tag("dirty-tracking")
  void restoresLeaveNothingBehind() throws Throwable {
    Random random = new Random(1);
    try (Sandbox sandbox = snapshot.spawn()) {
      MethodHandle touch = sandbox.function("touch");
      restoreAndCall(sandbox, touch, random, 1000);
      Held before = Held.now(MEMORY_SIZE);
      long memoryBefore = residentMemory();
      restoreAndCall(sandbox, touch, random, RESTORES);
      assertThat(Held.now(MEMORY_SIZE)).isEqualTo(before);
      assertThat(residentMemory() - memoryBefore).isLessThan(64 << 20);
    }
  }

  private void restoreAndCall(Sandbox sandbox, MethodHandle touch, Random random, int count)
      throws Throwable {
    for (int i = 0; i < count; i++) {
      int from = 1 + random.nextInt(128);
      int pages = random.nextInt(100) == 0 ? 120 : random.nextInt(8);
      assertThat((int) touch.invokeExact(from, pages)).isEqualTo(3);
      if (i % 50 == 0) {
        assertThat(sandbox.<Integer>call("grow", int.class, 1L << 21)).isEqualTo(4);
      }
      if (i % 100 == 0) {
        assertThatThrownBy(() -> sandbox.call("fault", void.class))
            .isInstanceOf(GuestFaultException.class);
      }
      sandbox.restore(snapshot);
    }
  }

  @Test
  void spawnedSandboxesLeaveNothingBehind() throws IOException {
    spawnAndClose(20);
    Held before = Held.now(MEMORY_SIZE);
    long memoryBefore = residentMemory();
    spawnAndClose(SPAWNS);
    assertThat(Held.now(MEMORY_SIZE)).isEqualTo(before);
    assertThat(residentMemory() - memoryBefore).isLessThan(64 << 20);
  }

  private void spawnAndClose(int count) {
    for (int i = 0; i < count; i++) {
      try (Sandbox sandbox = snapshot.spawn()) {
        assertThat(sandbox.<Integer>call("touch", int.class, 1, 8)).isEqualTo(3);
        if (i % 10 == 0) {
          sandbox.restore(snapshot);
          assertThat(sandbox.<Integer>call("touch", int.class, 1, 8)).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void manySandboxesOfOneSnapshotLiveBesideEachOther() throws IOException {
    List<Sandbox> sandboxes = new ArrayList<>();
    long memoryBefore = residentMemory();
    try {
      for (int i = 0; i < SANDBOXES; i++) {
        Sandbox sandbox = snapshot.spawn();
        sandboxes.add(sandbox);
        assertThat(sandbox.<Integer>call("touch", int.class, i % 128 + 1, 1)).isEqualTo(3);
      }
      System.out.printf(
          "%d sandboxes of one snapshot have %d KiB of the process's memory each%n",
          SANDBOXES, (residentMemory() - memoryBefore) / 1024 / SANDBOXES);
      for (int i = 0; i < SANDBOXES; i++) {
        assertThat(sandboxes.get(i).<Integer>call("touch", int.class, (i + 1) % 128 + 1, 1))
            .isEqualTo(4);
      }
    } finally {
      sandboxes.forEach(Sandbox::close);
    }
  }

  private static long residentMemory() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", 3)[1]) * 4096;
  }
}

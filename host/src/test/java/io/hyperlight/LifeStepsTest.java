package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.SteppedLife.Phase;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CountingLoader;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Steps;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits how much the library does for a sandbox outside of calls, whatever its guest has made. */
@NotInHardwareLane("Counts what the host does, which is the same there, and runs the compiler.")
@Tag("slow")
class LifeStepsTest {
  /** Of the guest: the embedder's choice, as is how much it may have in files. */
  static final long MEMORY_BYTES = 96L << 20;

  /** As between two checkpoints of a call. */
  private static final long MAX_STEPS = 20_000;

  private static final int LEVELS = 1_990;

  /** Nameless directories five times, and those with names once. */
  private static final int DIRECTORIES = 6 * LEVELS;

  /** How many mappings, descriptors and queued signals one guest can have. */
  private static final int THINGS = 16_384 + 256 + 1_024;

  /**
   * The maximum number of steps, of some nanoseconds each, where nothing can end them. Most are the
   * same whatever a guest has made, because its mappings, descriptors and signals are limited, and
   * so are the pages that are copied back. The others are in proportion to a snapshot that the
   * embedder has taken.
   */
  private static final Map<Phase, Long> MAX_OF =
      Map.ofEntries(
          Map.entry(Phase.SERVE, MAX_STEPS),
          Map.entry(Phase.RESTORE, 60_000L),
          Map.entry(Phase.RECYCLE, 60_000L),
          Map.entry(Phase.RESTORE_AGAIN, 1_000L),
          Map.entry(Phase.RECLAIM, 100L),
          Map.entry(Phase.FILES, MAX_STEPS),
          Map.entry(Phase.CLOSE, 60_000L),
          Map.entry(Phase.CLOSE_SNAPSHOT, MAX_STEPS),
          // A page may be a page table, whose entries are all copied.
          Map.entry(Phase.FREEZE_ALL, MEMORY_BYTES / 4096 * 600),
          Map.entry(Phase.SPAWN_OF_ALL, 20L * (DIRECTORIES + THINGS)),
          Map.entry(Phase.RESTORE_TO_ALL, 20L * (DIRECTORIES + THINGS)));

  /** Phases that the guest has no influence on. */
  private static final Set<Phase> BEFORE = Set.of(Phase.START, Phase.FREEZE, Phase.SPAWN);

  private static Map<Long, Long> live() throws Exception {
    String source = SourceFile.of(LifeStepsTest.class, "life.c");
    Path program = CProgram.compile(source, List.of("-O1", "-static", "-w"));
    Runnable life =
        (Runnable)
            new CountingLoader()
                .loadClass("io.hyperlight.SteppedLife")
                .getConstructor(Path.class, String.class)
                .newInstance(program, Integer.toString(LEVELS));
    return Steps.count(life);
  }

  @Test
  void whatAGuestHasMadeMakesNothingLongThatNobodyCanEnd() throws Exception {
    Map<Long, Long> most = live();
    Map<Phase, Long> tooMany = new EnumMap<>(Phase.class);
    for (Phase phase : Phase.values()) {
      long steps = Objects.requireNonNull(most.get(phase.number()), phase.name());
      assertThat(steps).as(phase.name()).isPositive();
      if (!BEFORE.contains(phase) && steps > Objects.requireNonNull(MAX_OF.get(phase))) {
        tooMany.put(phase, steps);
      }
    }
    assertThat(tooMany).as("steps that nobody can end").isEmpty();
    // The last steps of a request count with the system call that waits for the next one.
    assertThat(most.get(0L)).isLessThan(MAX_STEPS);
    assertThat(most.get(1L)).isLessThan(MAX_STEPS);
  }
}

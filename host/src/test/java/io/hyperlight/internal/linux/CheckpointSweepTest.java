package io.hyperlight.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CountingLoader;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Steps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks how much work the library does for a guest between two checkpoints. */
@NotInHardwareLane("Counts what the host does, which is the same there, and runs the compiler.")
@Tag("slow")
class CheckpointSweepTest {
  /**
   * The maximum number of steps: loop iterations, method calls, pages. The largest single pieces
   * are copies of a mebibyte. A step takes some nanoseconds, so this is well below a millisecond.
   */
  private static final long MAX_STEPS = 20_000;

  private static final int NAMES = 20_000;
  private static final int LEVELS = 1_990;

  /** Calls that end a program or wait for ever when they succeed. */
  private static final Set<String> NOT_MADE =
      Set.of("exit", "pause", "rt_sigsuspend", "rt_sigreturn", "vfork");

  @TempDir private Path folder;

  /** Returns the largest numbers of steps that a program leads to, by system calls. */
  private Map<Long, Long> stepsOf(String file, int... arguments) throws Exception {
    Path program =
        CProgram.compile(
            SourceFile.of(CheckpointSweepTest.class, file),
            List.of("-O1", "-static", "-pthread", "-w"));
    Runnable stepped =
        (Runnable)
            new CountingLoader()
                .loadClass("io.hyperlight.internal.linux.SteppedProgram")
                .getConstructor(Path.class, Path.class, List.class)
                .newInstance(
                    program, folder, IntStream.of(arguments).mapToObj(Integer::toString).toList());
    return Steps.count(stepped);
  }

  private Map<Long, Long> sweep() throws Exception {
    Files.createDirectory(folder.resolve("sub"));
    Path many = Files.createDirectory(folder.resolve("many"));
    for (int i = 0; i < 5_000; i++) {
      Files.createFile(many.resolve("file" + i));
    }
    return stepsOf("sweep.c", SystemCallTable.END, NAMES, LEVELS);
  }

  private static Map<String, Long> tooMany(Map<Long, Long> most) {
    Map<String, Long> tooMany = new TreeMap<>();
    most.forEach((number, steps) -> {
      if (number >= 0 && steps > MAX_STEPS) {
        tooMany.put(SystemCallTable.nameOf(number), steps);
      }
    });
    return tooMany;
  }

  @Test
  void everySystemCallCanBeEndedAfterAFewSteps() throws Exception {
    Map<Long, Long> most = sweep();
    assertThat(tooMany(most)).as("steps between two checkpoints").isEmpty();
    // Every call is covered. A new call must be, too.
    Set<String> left =
        IntStream.range(0, SystemCallTable.END)
            .filter(number -> SystemCallTable.of(number) != null)
            .filter(number -> !most.containsKey((long) number))
            .mapToObj(SystemCallTable::nameOf)
            .collect(Collectors.toSet());
    assertThat(NOT_MADE).containsAll(left);
  }

  @Test
  void whatTellsThousandsOfWaitersCanBeEndedAfterAFewSteps() throws Exception {
    Map<Long, Long> most = stepsOf("crowd.c");
    assertThat(most).containsKeys(1L, 202L, 230L, 233L); // write, futex, clock_nanosleep, epoll_ctl
    assertThat(tooMany(most)).as("steps between two checkpoints").isEmpty();
  }

  @Test
  void aLoopWithoutACheckpointIsFound() throws Exception {
    Runnable loop =
        (Runnable)
            new CountingLoader()
                .loadClass("io.hyperlight.internal.linux.CheckpointSweepTest$Loop")
                .getDeclaredConstructor()
                .newInstance();
    assertThat(Steps.count(loop).values()).allMatch(steps -> steps >= 3 * MAX_STEPS);
  }

  /** Makes too many steps: loop iterations, an allocation and a copy, a third each. */
  public static final class Loop implements Runnable {
    private static final byte[] BYTES = new byte[1];

    /** For the counting loader. */
    public Loop() {}

    @Override
    public void run() {
      for (long i = 0; i < MAX_STEPS; i++) {
        Objects.checkIndex(i, MAX_STEPS);
      }
      byte[] large = new byte[Math.toIntExact(MAX_STEPS * 4096)];
      System.arraycopy(large, 0, large, 0, large.length);
      BYTES[0] = large[large.length - 1];
    }
  }
}

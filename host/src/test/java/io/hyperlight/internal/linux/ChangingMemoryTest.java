package io.hyperlight.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.MemoryWatch;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.WatchingLoader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs programs and other tests with memory that changes as soon as the host has read it, as
 * another processor could change it. They see no difference, because the host reads each byte once.
 */
@NotInHardwareLane("It says nothing about the processor, and compares with another kernel.")
@Tag("slow")
class ChangingMemoryTest {
  private static final long SEED = 20;

  /** Programs whose comparison does not depend on how fast the host is. */
  private static final List<String> PROGRAMS =
      List.of(
          "signals.c",
          "futex.c",
          "clone.c",
          "futex_threads.c",
          "futex_locks.c",
          "poll.c",
          "timers.c",
          "timerfds.c",
          "limits.c",
          "process.c",
          "procfiles.c",
          "procself.c",
          "read_arguments.c");

  /** Tests whose guests pass memory to the host in all ways that there are. */
  private static final List<String> TESTS =
      List.of(
          "io.hyperlight.linux.StraceComparisonTest",
          "io.hyperlight.linux.FileCallsTest",
          "io.hyperlight.threads.ThreadWaitsTest",
          "io.hyperlight.calls.HostFunctionTest",
          "io.hyperlight.calls.HostCallPropertyTest",
          "io.hyperlight.calls.GuestErrorTest",
          "io.hyperlight.containment.HostileSignalFrameTest",
          "io.hyperlight.containment.HostileHostCallsTest",
          "io.hyperlight.containment.HostileResultsTest",
          "io.hyperlight.containment.GuestMessagesTest");

  /** The kinds of arguments that point to what a call reads. */
  private static final Set<String> INPUTS =
      Set.of(
          "path",
          "text",
          "openhow",
          "offset",
          "timespec",
          "timeval",
          "timevals",
          "utimes",
          "signals",
          "action",
          "stack",
          "in",
          "inparts",
          "pollfds",
          "fds",
          "limit",
          "processors",
          "clonecall",
          "futexop");

  /** Calls of whose kinds of input nothing is read, with the reason. */
  private static final Set<String> READ_NOTHING =
      Set.of(
          "execve", // refused by its path alone
          "clone"); // has all its arguments in registers

  /** What all this has read, so that the last test need not run it again. */
  private static final TreeMap<String, MemoryWatch.Result> RESULTS = new TreeMap<>();

  private static Runnable load(String name, List<Class<?>> types, Object... arguments) {
    try {
      return (Runnable)
          new WatchingLoader()
              .loadClass(name)
              .getConstructor(types.toArray(Class<?>[]::new))
              .newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Runnable comparison(String file) {
    return load("io.hyperlight.linux.WatchedTwin", List.of(String.class), file);
  }

  private static Runnable test(String name) {
    return () -> {
      SummaryGeneratingListener listener = new SummaryGeneratingListener();
      try {
        LauncherFactory.create()
            .execute(
                LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass(new WatchingLoader().loadClass(name)))
                    .build(),
                listener);
      } catch (ClassNotFoundException e) {
        throw new AssertionError(e);
      }
      StringWriter failures = new StringWriter();
      listener.getSummary().printFailuresTo(new PrintWriter(failures), 12);
      assertThat(listener.getSummary().getTotalFailureCount()).as("%s", failures).isZero();
      assertThat(listener.getSummary().getTestsSucceededCount()).isPositive();
    };
  }

  private static MemoryWatch.Result result(String name, Runnable work) {
    return RESULTS.computeIfAbsent(name, _ -> MemoryWatch.change(work, new Random(SEED)));
  }

  private static Runnable fuzz() {
    return load("io.hyperlight.containment.WatchedFuzz", List.of(long.class, int.class), SEED, 300);
  }

  private static Runnable sweep(Path folder) {
    try {
      Files.createDirectories(folder.resolve("sub"));
      Files.createDirectories(folder.resolve("many"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    String source = SourceFile.of(ChangingMemoryTest.class, "sweep.c");
    return load(
        "io.hyperlight.internal.linux.SteppedProgram",
        List.of(Path.class, Path.class, List.class),
        CProgram.compile(source, List.of("-O1", "-static", "-w")),
        folder,
        List.of(Integer.toString(SystemCallTable.END), "50", "20"));
  }

  static List<String> programs() {
    return PROGRAMS;
  }

  @ParameterizedTest
  @MethodSource("programs")
  void aProgramSeesTheSameAsOnLinux(String file) {
    MemoryWatch.Result result = result(file, comparison(file));
    assertThat(result.twice()).isEmpty();
    assertThat(result.reads()).isPositive();
  }

  @Test
  void wordsOfLocksAreReplacedThoughAnotherProcessorReplacesThemFirst() {
    assertThat(result("futex.c", comparison("futex.c")).failedSwaps()).isGreaterThan(100);
  }

  static List<String> tests() {
    return TESTS;
  }

  @ParameterizedTest
  @MethodSource("tests")
  void otherTestsPass(String name) {
    MemoryWatch.Result result = result(name, test(name));
    assertThat(result.twice()).isEmpty();
    assertThat(result.reads()).isPositive();
  }

  @Test
  void randomSystemCallsAreAnsweredOrEndInATypedException() {
    MemoryWatch.Result result = result("fuzz", fuzz());
    assertThat(result.twice()).isEmpty();
    assertThat(result.reads()).isGreaterThan(500);
  }

  @Test
  void everyCallThatReadsMemoryIsAmongThem(@TempDir Path folder) {
    PROGRAMS.forEach(file -> result(file, comparison(file)));
    TESTS.forEach(name -> result(name, test(name)));
    assertThat(result("sweep", sweep(folder)).twice()).isEmpty();
    Set<Long> read = new TreeSet<>();
    RESULTS.values().forEach(result -> read.addAll(result.readingCalls()));
    List<String> left = new ArrayList<>();
    for (SystemCall call : SystemCallTable.calls()) {
      String kinds = call.arguments();
      if (call.handler() != null
          && call.support() != SystemCall.Support.REFUSED
          && kinds != null
          && Arrays.stream(kinds.split("\\s+")).anyMatch(INPUTS::contains)
          && !read.contains((long) call.x86())
          && !READ_NOTHING.contains(call.name())) {
        left.add(call.name());
      }
    }
    assertThat(left).isEmpty();
  }

  @Test
  void aByteThatIsReadTwiceIsFound() {
    Runnable readsTwice = load(ReadsTwice.class.getName(), List.of(boolean.class), false);
    assertThat(MemoryWatch.watch(readsTwice).twice()).hasSize(1);
  }

  @Test
  void aByteThatIsReadTwiceHasChanged() {
    Runnable readsTwice = load(ReadsTwice.class.getName(), List.of(boolean.class), true);
    assertThat(MemoryWatch.change(readsTwice, new Random(SEED)).twice()).hasSize(1);
  }

  /** Reads a number of guest memory twice. */
  public static final class ReadsTwice implements Runnable {
    private final boolean changes;

    /** Expects that the number is another one the second time, or the same. */
    public ReadsTwice(boolean changes) {
      this.changes = changes;
    }

    @Override
    public void run() {
      try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
        long page = memory.allocate(PhysicalMemory.PAGE_SIZE);
        long first = memory.getLong(page);
        long second = memory.getLong(page);
        assertThat(first).isZero();
        assertThat(second != first).isEqualTo(changes);
      }
    }
  }
}

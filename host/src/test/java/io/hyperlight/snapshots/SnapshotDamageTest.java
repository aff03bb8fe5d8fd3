package io.hyperlight.snapshots;

import static io.hyperlight.snapshots.SnapshotBytes.BREAK;
import static io.hyperlight.snapshots.SnapshotBytes.BREAK_END;
import static io.hyperlight.snapshots.SnapshotBytes.FEATURES;
import static io.hyperlight.snapshots.SnapshotBytes.FS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.GS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.MAPPINGS;
import static io.hyperlight.snapshots.SnapshotBytes.MEMORY;
import static io.hyperlight.snapshots.SnapshotBytes.MXCSR;
import static io.hyperlight.snapshots.SnapshotBytes.PAGES;
import static io.hyperlight.snapshots.SnapshotBytes.PROGRAM_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.RUNS;
import static io.hyperlight.snapshots.SnapshotBytes.WINDOW_END;
import static io.hyperlight.snapshots.SnapshotBytes.X87_CONTROL;
import static io.hyperlight.snapshots.SnapshotBytes.XCR0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SnapshotGuest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files that are damaged, forged or made for something else are refused, with a message that says
 * why.
 */
@NotInHardwareLane("Almost no VM takes part.")
class SnapshotDamageTest {
  private static final long CANONICAL_END = 1L << 47;

  @TempDir private static Path folder;

  private static byte[] sound = new byte[0];

  private static Map<String, Integer> held = Map.of();

  @BeforeAll
  static void save() throws IOException {
    Path file = folder.resolve("sound.snap");
    try (Sandbox sandbox = builder().build()) {
      sandbox.call("allocate", boolean.class, 300_000L);
      // Runs of pages in the program's data: one of two pages, one of one.
      sandbox.call("touch", void.class, 8);
      sandbox.call("touch", void.class, 9);
      sandbox.call("touch", void.class, 12);
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(file);
      }
    }
    sound = Files.readAllBytes(file);
    Snapshot.load(file).close();
    held = Descriptors.of("snap");
  }

  @AfterAll
  static void nothingIsLeftOpen() {
    assertThat(Descriptors.of("snap")).isEqualTo(held);
  }

  private static Sandbox.Builder builder() {
    return Sandbox.builder(CompiledGuest.of(SnapshotGuest.PROGRAM))
        .hostFunction("next_number", () -> 1);
  }

  private static SnapshotBytes sound() {
    return new SnapshotBytes(sound);
  }

  private static void assertRefused(SnapshotBytes bytes, String message) {
    Path file = bytes.writeTo(folder.resolve("spoilt.snap"));
    assertThatThrownBy(() -> Snapshot.load(file).close())
        .isInstanceOf(InvalidSnapshotException.class)
        .hasMessageContaining("spoilt.snap")
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n", "\u001b");
  }

  private static void assertLoads(SnapshotBytes bytes) {
    Path file = bytes.writeTo(folder.resolve("changed.snap"));
    try (Snapshot loaded = Snapshot.load(file);
        Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 1).spawn()) {
      assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
    }
  }

  @Test
  void theSoundFileLoads() {
    assertLoads(sound());
    assertLoads(sound().seal());
  }

  static Stream<Arguments> headers() {
    return SpoiltSnapshots.headers();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("headers")
  void aHeaderThatMakesNoSenseIsRefused(
      String name, String message, Consumer<SnapshotBytes> spoil) {
    SnapshotBytes file = sound();
    spoil.accept(file);
    assertRefused(file.seal(), message);
  }

  static Stream<Arguments> tables() {
    return SpoiltSnapshots.tables();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tables")
  void partsThatMakeNoSenseAreRefused(String name, String message, Consumer<SnapshotBytes> spoil) {
    SnapshotBytes file = sound();
    spoil.accept(file);
    file.seal();
    if (name.equals("digest")) {
      file.setByte(file.digest(), file.get(file.digest()) + 1);
    }
    assertRefused(file, message);
  }

  @Test
  void whatAGuestCouldHaveDoneItselfIsTaken() {
    assertLoads(
        sound().setLong(FS_BASE, -CANONICAL_END).setLong(GS_BASE, CANONICAL_END - 1).seal());
    assertLoads(sound().setInt(MXCSR, 0xffc0).setShort(X87_CONTROL, 0xffff).seal());
    assertLoads(sound().setInt(MXCSR, 0).setShort(X87_CONTROL, 0).seal());
    SnapshotBytes file = sound();
    assertLoads(file.setByte(file.page(0) + 17, 0xa5).seal());
    assertLoads(sound().setLong(BREAK, sound().getLong(BREAK) - 5).seal());
  }

  @Test
  void aWindowOfWhichNothingIsMappedIsTakenToo() {
    SnapshotBytes file = sound();
    int window = file.mapping(file.getInt(MAPPINGS) - 2);
    long start = file.getLong(window);
    assertThat(file.getLong(window + 8)).isEqualTo(file.getLong(WINDOW_END));
    int padding = file.page(0);
    file.replace(padding, 0, new byte[SnapshotBytes.MAPPING_SIZE]);
    file.replace(window, SnapshotBytes.MAPPING_SIZE, new byte[0]);
    file.setInt(MAPPINGS, file.getInt(MAPPINGS) - 1).setLong(WINDOW_END, start).seal();
    Path path = file.writeTo(folder.resolve("windowless.snap"));
    try (Snapshot loaded = Snapshot.load(path);
        Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 1).spawn()) {
      assertThat(sandbox.<Long>call("length", long.class, "x".repeat(50_000))).isEqualTo(50_000);
    }
  }

  @Test
  void aProcessorWithLessIsEnough() {
    assertLoads(sound().setLong(FEATURES, 0).setLong(XCR0, 3).seal());
  }

  @Test
  void everyFlippedBitIsFoundByTheDigest() {
    Random random = new Random(31);
    for (int i = 0; i < 300; i++) {
      SnapshotBytes file = sound();
      int at = random.nextInt(SnapshotBytes.HEADER_SIZE, file.size());
      assertRefused(file.setByte(at, file.get(at) ^ 1 << random.nextInt(8)), "is ");
    }
  }

  @Test
  void aFileThatIsCutOffIsRefusedWhereverItIsCut() {
    SnapshotBytes file = sound();
    TreeSet<Integer> ends = new TreeSet<>();
    for (int boundary :
        new int[] {
          8,
          12,
          128,
          file.name(),
          file.mapping(0),
          file.mapping(1),
          file.run(0),
          file.run(1),
          file.program(),
          file.page(0),
          file.page(1),
          file.digest(),
          file.size()
        }) {
      for (int end = boundary - 1; end <= boundary + 1; end++) {
        ends.add(end);
      }
    }
    ends.removeIf(end -> end < 8 || end >= file.size());
    for (int end : ends) {
      assertRefused(sound().truncate(end), "truncated");
      if (end > SnapshotBytes.HEADER_SIZE + SnapshotBytes.DIGEST_SIZE) {
        assertRefused(sound().truncate(end).seal(), "truncated");
      }
    }
    for (int end = 0; end < 8; end++) {
      assertRefused(sound().truncate(end), "no snapshot file");
    }
    assertRefused(sound().truncate(file.size() + 1), "after its end");
  }

  @Test
  void aFileThatPromisesMuchTakesNoMemoryForIt() throws IOException {
    Path file =
        sound()
            .setInt(PROGRAM_SIZE, 64 << 20)
            .setInt(RUNS, 700_000)
            .setInt(PAGES, 780_000)
            .setLong(MEMORY, 3L << 30)
            .writeTo(folder.resolve("huge.snap"));
    assertThatThrownBy(() -> Snapshot.load(file))
        .isInstanceOf(InvalidSnapshotException.class)
        .hasMessageContaining("truncated");
    // The file is as large as it says, with holes.
    SnapshotBytes header = new SnapshotBytes(Files.readAllBytes(file));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(header.page(0) + 780_000L * 4096 + SnapshotBytes.DIGEST_SIZE);
    }
    assertThatThrownBy(() -> Snapshot.load(file))
        .isInstanceOf(InvalidSnapshotException.class)
        .hasMessageContaining("is not a guest");
    Files.delete(file);
  }

  @Test
  void whatIsRefusedGivesItsMemoryBack() throws IOException {
    Path file = folder.resolve("large.snap");
    try (Sandbox sandbox = builder().memorySize(1L << 30).build();
        Snapshot snapshot = sandbox.snapshot()) {
      snapshot.save(file);
    }
    SnapshotBytes bytes = new SnapshotBytes(Files.readAllBytes(file));
    bytes.setByte(bytes.digest(), bytes.get(bytes.digest()) + 1).writeTo(file);
    long before = virtualMemorySize();
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> Snapshot.load(file))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("digest");
    }
    assertThat(virtualMemorySize() - before).isLessThan(10L << 30);
  }

  private static long virtualMemorySize() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ", 2)[0];
    return Long.parseLong(pages) * 4096;
  }

  @Test
  void aMemoryThatIsTooSmallForItsGuestIsRefused() {
    // The layout depends on the memory size, so the tables are made to agree first.
    try (Sandbox sandbox = builder().memorySize(2 << 20).build()) {
      assertThat(sandbox.<Boolean>call("allocate", boolean.class, 1L << 20)).isTrue();
      Path file = folder.resolve("small.snap");
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(file);
      }
      SnapshotBytes bytes = new SnapshotBytes(Files.readAllBytes(file));
      long heap = bytes.mapping(bytes.getInt(MAPPINGS) - 1);
      long end = bytes.getLong((int) heap) + (2 << 20);
      bytes.setLong(BREAK_END, end).setLong((int) heap + 8, end).seal();
      assertRefused(bytes, "does not fit into its memory");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anotherProgramDoesNotFitTheRest() throws IOException {
    byte[] other =
        Files.readAllBytes(
            CompiledGuest.fileOf(
                SnapshotGuest.PROGRAM
                    + "static int large[100000];\n"
                    + "HL_EXPORT(int, more)\nint more(void) { return ++large[99999]; }\n"));
    SnapshotBytes file = sound();
    int program = file.program();
    int page = file.page(0);
    byte[] padded = new byte[(program + other.length + 4095 & -4096) - program];
    System.arraycopy(other, 0, padded, 0, other.length);
    file.replace(program, page - program, padded).setInt(PROGRAM_SIZE, other.length);
    assertRefused(file.seal(), "not where the guest has it");
  }

  @Test
  void inspectingADamagedFileSaysSo() {
    SnapshotBytes file = sound();
    file.setByte(file.page(0) + 1, file.get(file.page(0) + 1) + 1);
    Path path = file.writeTo(folder.resolve("inspected.snap"));
    assertThat(SnapshotFile.inspect(path).intact()).isFalse();
    Path cut = sound().truncate(5000).writeTo(folder.resolve("inspected.snap"));
    assertThatThrownBy(() -> SnapshotFile.inspect(cut))
        .isInstanceOf(InvalidSnapshotException.class);
  }

  @Test
  void aProcessorThatIsNotThereDoesNotKeepAFileFromBeingInspected() {
    Path path = sound().setLong(FEATURES, -1).seal().writeTo(folder.resolve("inspected.snap"));
    assertThat(SnapshotFile.inspect(path).processorFeatures()).hasSize(64).contains("XOP");
  }
}

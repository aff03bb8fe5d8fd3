package io.hyperlight.snapshots;

import static io.hyperlight.snapshots.SnapshotBytes.ABI_VERSION;
import static io.hyperlight.snapshots.SnapshotBytes.BREAK;
import static io.hyperlight.snapshots.SnapshotBytes.BREAK_END;
import static io.hyperlight.snapshots.SnapshotBytes.FEATURES;
import static io.hyperlight.snapshots.SnapshotBytes.FORMAT_VERSION;
import static io.hyperlight.snapshots.SnapshotBytes.FS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.GS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.MAGIC;
import static io.hyperlight.snapshots.SnapshotBytes.MAPPINGS;
import static io.hyperlight.snapshots.SnapshotBytes.MEMORY;
import static io.hyperlight.snapshots.SnapshotBytes.MXCSR;
import static io.hyperlight.snapshots.SnapshotBytes.NAME_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.PAGES;
import static io.hyperlight.snapshots.SnapshotBytes.PROGRAM_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.RESERVED;
import static io.hyperlight.snapshots.SnapshotBytes.RESERVED_LAST;
import static io.hyperlight.snapshots.SnapshotBytes.RUNS;
import static io.hyperlight.snapshots.SnapshotBytes.STACK;
import static io.hyperlight.snapshots.SnapshotBytes.VERSION_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.WINDOW_END;
import static io.hyperlight.snapshots.SnapshotBytes.X87_CONTROL;
import static io.hyperlight.snapshots.SnapshotBytes.XCR0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

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

/** Files that are damaged, forged or made for something else: refused, and told why. */
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

  /** What it is called, how to make it, and a part of the message. */
  private static Arguments spoilt(String name, String message, Consumer<SnapshotBytes> spoil) {
    return arguments(name, message, spoil);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        spoilt("magic", "no snapshot file", file -> file.setByte(MAGIC, 'h')),
        spoilt("end of the magic", "no snapshot file", file -> file.setByte(MAGIC + 7, 0)),
        spoilt(
            "older format", "format version 0, and this", file -> file.setInt(FORMAT_VERSION, 0)),
        spoilt(
            "newer format", "format version 2, and this", file -> file.setInt(FORMAT_VERSION, 2)),
        spoilt(
            "format in the far future",
            "format version 4294967295",
            file -> file.setInt(FORMAT_VERSION, -1)),
        spoilt("other ABI", "guest ABI version 2", file -> file.setInt(ABI_VERSION, 2)),
        spoilt(
            "every feature that exists",
            "a processor with",
            file -> file.setLong(FEATURES, (1L << 56) - 1)),
        spoilt(
            "a feature of the future",
            "feature number 63",
            file -> file.setLong(FEATURES, file.getLong(FEATURES) | 1L << 63)),
        spoilt("protection keys", "XCR0 0x2e7", file -> file.setLong(XCR0, 0x2e7)),
        spoilt("AVX without SSE", "XCR0 0x5", file -> file.setLong(XCR0, 5)),
        spoilt("a part of AVX-512", "XCR0 0x67", file -> file.setLong(XCR0, 0x67)),
        spoilt("no state at all", "XCR0 0x0", file -> file.setLong(XCR0, 0)),
        spoilt("all state", "XCR0 0xffffffffffffffff", file -> file.setLong(XCR0, -1)),
        spoilt("no memory", "memory", file -> file.setLong(MEMORY, 0)),
        spoilt("negative memory", "memory", file -> file.setLong(MEMORY, -4096)),
        spoilt("half a page of memory", "memory", file -> file.setLong(MEMORY, (16 << 20) + 2048)),
        spoilt("too much memory", "memory", file -> file.setLong(MEMORY, (3L << 30) + 4096)),
        spoilt("other memory", "is damaged", file -> file.setLong(MEMORY, 32 << 20)),
        spoilt("no stack", "stack", file -> file.setLong(STACK, 0)),
        spoilt("negative stack", "stack", file -> file.setLong(STACK, Long.MIN_VALUE)),
        spoilt("other stack", "is damaged", file -> file.setLong(STACK, 128 << 10)),
        spoilt("no window", "window or heap", file -> file.setLong(WINDOW_END, 0)),
        spoilt("negative window", "window or heap", file -> file.setLong(WINDOW_END, -4096)),
        spoilt(
            "half a page of window",
            "window or heap",
            file -> file.setLong(WINDOW_END, file.getLong(WINDOW_END) + 8)),
        spoilt(
            "larger window",
            "not mapped as",
            file -> file.setLong(WINDOW_END, file.getLong(WINDOW_END) + 4096)),
        spoilt(
            "window into the heap",
            "window or heap",
            file -> file.setLong(WINDOW_END, file.getLong(BREAK_END))),
        spoilt("no break", "window or heap", file -> file.setLong(BREAK, 0)),
        spoilt(
            "break beyond the heap",
            "window or heap",
            file -> file.setLong(BREAK, file.getLong(BREAK_END) + 1)),
        spoilt("no heap", "window or heap", file -> file.setLong(BREAK_END, 0)),
        spoilt("endless heap", "window or heap", file -> file.setLong(BREAK_END, -4096)),
        spoilt(
            "larger heap",
            "not mapped as",
            file -> file.setLong(BREAK_END, file.getLong(BREAK_END) + 4096)),
        spoilt(
            "FS base that is not canonical",
            "no processor",
            file -> file.setLong(FS_BASE, CANONICAL_END)),
        spoilt(
            "GS base that is not canonical",
            "no processor",
            file -> file.setLong(GS_BASE, -CANONICAL_END - 1)),
        spoilt("reserved bit of MXCSR", "no processor", file -> file.setInt(MXCSR, 0x1_1f80)),
        spoilt("flag of MXCSR", "no processor", file -> file.setInt(MXCSR, 0x1f81)),
        spoilt("reserved field", "reserved", file -> file.setShort(RESERVED, 1)),
        spoilt("last field", "clock", file -> file.setLong(RESERVED_LAST, 1L << 63)),
        spoilt("no version", "version", file -> file.setInt(VERSION_SIZE, 0)),
        spoilt("long version", "version", file -> file.setInt(VERSION_SIZE, 65)),
        spoilt("negative version", "version", file -> file.setInt(VERSION_SIZE, -1)),
        spoilt("long name", "name", file -> file.setInt(NAME_SIZE, 1025)),
        spoilt("negative name", "name", file -> file.setInt(NAME_SIZE, Integer.MIN_VALUE)),
        spoilt("no mappings", "mappings", file -> file.setInt(MAPPINGS, 0)),
        spoilt("many mappings", "mappings", file -> file.setInt(MAPPINGS, Integer.MAX_VALUE)),
        spoilt("negative mappings", "mappings", file -> file.setInt(MAPPINGS, -1)),
        spoilt("many runs", "runs", file -> file.setInt(RUNS, Integer.MAX_VALUE)),
        spoilt("negative runs", "runs", file -> file.setInt(RUNS, -1)),
        spoilt("more runs than pages", "runs", file -> file.setInt(RUNS, file.getInt(PAGES) + 1)),
        spoilt("no program", "program", file -> file.setInt(PROGRAM_SIZE, 0)),
        spoilt("huge program", "program", file -> file.setInt(PROGRAM_SIZE, Integer.MAX_VALUE)),
        spoilt("large program", "truncated", file -> file.setInt(PROGRAM_SIZE, 64 << 20)),
        spoilt("negative program", "program", file -> file.setInt(PROGRAM_SIZE, -1)),
        spoilt("many pages", "pages", file -> file.setInt(PAGES, Integer.MAX_VALUE)),
        spoilt("negative pages", "pages", file -> file.setInt(PAGES, -1)),
        spoilt("a page more", "truncated", file -> file.setInt(PAGES, file.getInt(PAGES) + 1)),
        spoilt(
            "a page less", "behind its end", file -> file.setInt(PAGES, file.getInt(PAGES) - 1)));
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
    return Stream.of(
        spoilt("version", "version is no", file -> file.setByte(file.version(), '\n')),
        spoilt("name with an escape", "name is no", file -> file.setByte(file.name(), 0x1b)),
        spoilt("name that is not UTF-8", "name is no", file -> file.setByte(file.name(), 0xff)),
        spoilt("name with a zero", "name is no", file -> file.setByte(file.name(), 0)),
        spoilt(
            "name that turns around",
            "name is no",
            file -> file.set(file.name(), new byte[] {(byte) 0xe2, (byte) 0x80, (byte) 0xae})),
        spoilt("rights that are none", "rights", file -> file.setInt(file.mapping(0) + 16, 3)),
        spoilt("negative rights", "rights", file -> file.setInt(file.mapping(0) + 16, -1)),
        spoilt("reserved in a mapping", "reserved", file -> file.setInt(file.mapping(0) + 20, 1)),
        spoilt("writable code", "not mapped as", SnapshotDamageTest::makeCodeWritable),
        spoilt("mapping elsewhere", "not mapped as", file -> file.setLong(file.mapping(0), 4096)),
        spoilt(
            "mapping that ends elsewhere",
            "not mapped as",
            file -> file.setLong(file.mapping(0) + 8, file.getLong(file.mapping(0) + 8) + 4096)),
        spoilt(
            "the same mapping twice",
            "not mapped as",
            file -> {
              file.setLong(file.mapping(1), file.getLong(file.mapping(0)));
              file.setLong(file.mapping(1) + 8, file.getLong(file.mapping(0) + 8));
            }),
        spoilt("run at 0", "its pages", file -> file.setLong(file.run(0), 0)),
        spoilt("run in the monitor", "its pages", file -> file.setLong(file.run(0), -4096L << 30)),
        spoilt("run in the gate", "its pages", file -> file.setLong(file.run(0), 0x1_0000)),
        spoilt("run on the facts", "its pages", file -> file.setLong(file.run(0), 0x1_1000)),
        spoilt(
            "run in the code",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(codeMapping(file)))),
        spoilt(
            "run between pages",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(file.run(0)) + 8)),
        spoilt(
            "run in the guard",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(WINDOW_END))),
        spoilt("empty run", "its pages", file -> file.setLong(file.run(0) + 8, 0)),
        spoilt("negative run", "its pages", file -> file.setLong(file.run(0) + 8, -1)),
        spoilt("endless run", "its pages", file -> file.setLong(file.run(0) + 8, Long.MAX_VALUE)),
        spoilt(
            "run twice", "its pages", file -> file.setLong(file.run(1), file.getLong(file.run(0)))),
        spoilt(
            "runs that overlap",
            "its pages",
            file -> {
              file.setLong(file.run(0) + 8, file.getLong(file.run(0) + 8) + 8);
              int last = file.run(file.getInt(RUNS) - 1);
              file.setLong(last + 8, file.getLong(last + 8) - 8);
            }),
        spoilt(
            "runs in another order",
            "its pages",
            file -> {
              long first = file.getLong(file.run(0));
              file.setLong(file.run(0), file.getLong(file.run(1)));
              file.setLong(file.run(1), first);
            }),
        spoilt(
            "runs that are one",
            "its pages",
            file ->
                file.setLong(
                    file.run(1), file.getLong(file.run(0)) + 4096 * file.getLong(file.run(0) + 8))),
        spoilt(
            "fewer pages in runs than there are",
            "more pages than places",
            file -> {
              int last = file.run(file.getInt(RUNS) - 1);
              file.setLong(last + 8, file.getLong(last + 8) - 1);
            }),
        spoilt("page of zeros", "no contents", file -> file.set(file.page(0), new byte[4096])),
        spoilt("program", "is no guest", file -> file.setByte(file.program(), 0)),
        spoilt(
            "program for other processors",
            "is no guest",
            file -> file.setShort(file.program() + 18, 183)),
        spoilt(
            "padding",
            "padding",
            file -> file.setByte(file.program() + file.getInt(PROGRAM_SIZE), 1)),
        spoilt("digest", "digest", file -> {}));
  }

  private static int codeMapping(SnapshotBytes file) {
    for (int i = 0; i < file.getInt(MAPPINGS); i++) {
      if (file.getInt(file.mapping(i) + 16) == 2) {
        return file.mapping(i);
      }
    }
    throw new AssertionError("no code");
  }

  private static void makeCodeWritable(SnapshotBytes file) {
    file.setInt(codeMapping(file) + 16, 1);
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
    assertRefused(sound().truncate(file.size() + 1), "behind its end");
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
    // As large as it says, in holes.
    SnapshotBytes header = new SnapshotBytes(Files.readAllBytes(file));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(header.page(0) + 780_000L * 4096 + SnapshotBytes.DIGEST_SIZE);
    }
    assertThatThrownBy(() -> Snapshot.load(file))
        .isInstanceOf(InvalidSnapshotException.class)
        .hasMessageContaining("is no guest");
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
    // The layout depends on it, so that the tables are made to agree first.
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

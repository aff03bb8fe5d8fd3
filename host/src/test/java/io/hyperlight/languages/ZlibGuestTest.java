package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.kind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** zlib in a guest makes the bytes it makes outside, and those that Java's zlib understands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Needs(Tool.ZLIB_LIBRARY)
class ZlibGuestTest {
  private static final List<Integer> LEVELS = List.of(1, 6, 9);
  private static final Path DOCUMENT = Path.of("..", "docs", "performance.md");

  private final Guest guest = Libraries.ZLIB.guest("");
  private final Sandbox sandbox = Libraries.sandbox(guest).build();
  private final Path folder = TemporaryFolder.create("zlib");
  private List<Path> files = List.of();

  @BeforeAll
  void chooseFiles() throws IOException {
    byte[] random = new byte[300_000];
    new Random(1).nextBytes(random);
    files =
        List.of(
            DOCUMENT,
            Path.of("..", "README.md"),
            Path.of("src", "test", "resources", "io", "hyperlight", "testing", "reset_oracle.c"),
            Files.write(folder.resolve("class"), classFile()),
            CompiledGuest.fileOf("#include <hyperlight.h>\n"),
            Files.write(folder.resolve("random"), random),
            Files.write(folder.resolve("zeros"), new byte[1_000_000]),
            Files.write(folder.resolve("nothing"), new byte[0]));
  }

  private static byte[] classFile() throws IOException {
    try (InputStream file = ZlibGuestTest.class.getResourceAsStream("ZlibGuestTest.class")) {
      return Objects.requireNonNull(file).readAllBytes();
    }
  }

  @AfterAll
  void close() {
    sandbox.close();
  }

  @Test
  @NotInHardwareLane("Needs gcc.")
  void compressedBytesAreThoseOfTheNativeLibrary() throws IOException {
    StringBuilder levels = new StringBuilder();
    LEVELS.forEach(levels::append);
    List<String> arguments =
        Stream.concat(Stream.of(levels.toString()), files.stream().map(Path::toString)).toList();
    List<String> expected = Libraries.ZLIB.runNatively(arguments).lines().toList();
    assertThat(expected).hasSize(files.size() * LEVELS.size());
    int next = 0;
    for (Path file : files) {
      byte[] contents = Files.readAllBytes(file);
      for (int level : LEVELS) {
        String actual = HexFormat.of().formatHex(compress(sandbox, contents, level));
        assertThat(actual.equals(expected.get(next++))).as("%s, %d", file, level).isTrue();
      }
    }
  }

  @Test
  void whatTheGuestCompressesJavaDecompressesAndTheOtherWayRound()
      throws IOException, DataFormatException {
    for (Path file : files) {
      byte[] contents = Files.readAllBytes(file);
      byte[] compressed = compress(sandbox, contents, 6);
      assertThat(Arrays.equals(inflate(compressed, contents.length), contents))
          .as("%s from the guest", file)
          .isTrue();
      for (int level : LEVELS) {
        byte[] decompressed = sandbox.call("decompress", byte[].class, deflate(contents, level));
        assertThat(Arrays.equals(decompressed, contents)).as("%s from Java", file).isTrue();
      }
      CRC32 checksum = new CRC32();
      checksum.update(contents);
      assertThat(sandbox.<Long>call("checksum", long.class, contents))
          .isEqualTo(checksum.getValue());
    }
  }

  @Test
  void whatCannotBeCompressedGrowsAndWhatCanShrinks() throws IOException {
    for (Path file : files) {
      byte[] contents = Files.readAllBytes(file);
      int size = compress(sandbox, contents, 9).length;
      switch (file.getFileName().toString()) {
        case "random", "nothing" ->
            assertThat(size).isBetween(contents.length + 1, contents.length + 200);
        case "zeros" -> assertThat(size).isLessThan(1100);
        default -> assertThat(size).isLessThan(contents.length * 2 / 3);
      }
    }
  }

  @Test
  void damagedBytesAreAnErrorAfterWhichTheSandboxGoesOn() throws IOException {
    byte[] contents = Files.readAllBytes(DOCUMENT);
    byte[] damaged = deflate(contents, 6);
    damaged[damaged.length - 1] ^= 1; // of the checksum
    assertThatThrownBy(() -> sandbox.call("decompress", byte[].class, damaged))
        .satisfies(kind(GuestErrorException.Kind.REPORTED))
        .hasMessageContaining("data error");
    assertThat(sandbox.call("decompress", byte[].class, deflate(contents, 6))).isEqualTo(contents);
  }

  @Test
  void aStreamGoesOnInEverySandboxFromTheMiddleOfIt() throws IOException, DataFormatException {
    byte[] start = Files.readAllBytes(DOCUMENT);
    try (Sandbox original = Libraries.sandbox(guest).build()) {
      original.call("start", int.class, 6);
      original.call("feed", int.class, start);
      try (Snapshot middle = original.snapshot();
          Sandbox one = middle.spawn();
          Sandbox other = middle.spawn()) {
        for (String end : List.of("one end", "another one", "one end")) {
          for (Sandbox sandbox : List.of(one, other)) {
            sandbox.call("feed", int.class, end.getBytes(UTF_8));
            byte[] whole = concat(start, end.getBytes(UTF_8));
            assertThat(inflate(sandbox.call("finish", byte[].class), whole.length))
                .isEqualTo(whole);
            sandbox.restore(middle);
          }
        }
      }
    }
  }

  private static byte[] compress(Sandbox sandbox, byte[] contents, int level) {
    assertThat(sandbox.<Integer>call("start", int.class, level)).isZero();
    int half = contents.length / 2;
    sandbox.call("feed", int.class, Arrays.copyOf(contents, half));
    sandbox.call("feed", int.class, Arrays.copyOfRange(contents, half, contents.length));
    return sandbox.call("finish", byte[].class);
  }

  private static byte[] deflate(byte[] contents, int level) {
    Deflater deflater = new Deflater(level);
    deflater.setInput(contents);
    deflater.finish();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[64 << 10];
    while (!deflater.finished()) {
      bytes.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return bytes.toByteArray();
  }

  private static byte[] inflate(byte[] compressed, int size) throws DataFormatException {
    Inflater inflater = new Inflater();
    inflater.setInput(compressed);
    byte[] contents = new byte[size + 1];
    int length = inflater.inflate(contents);
    assertThat(inflater.finished()).isTrue();
    assertThat(inflater.getRemaining()).isZero();
    inflater.end();
    return Arrays.copyOf(contents, length);
  }

  private static byte[] concat(byte[] start, byte[] end) {
    byte[] whole = Arrays.copyOf(start, start.length + end.length);
    System.arraycopy(end, 0, whole, start.length, end.length);
    return whole;
  }
}

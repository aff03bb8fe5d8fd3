package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.HardwareLaneQuick;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file of format version 1 that was saved once, on a paravirtual KVM, and is kept. It needs no
 * instruction set, so it loads on every machine. If it does not load any more, the format has
 * changed and needs another version.
 */
@HardwareLaneQuick
class SnapshotFormatTest {
  /**
   * The source of its guest. {@code count} had been called twice, {@code fill} once with 200,000
   * and {@code echo} with 20,000 letters.
   */
  static final String PROGRAM =
      """
      #include <hyperlight.h>

      static int counter = 40;
      static unsigned char *block;

      HL_EXPORT(int, count)
      int count(void) { return ++counter; }

      HL_EXPORT(void, fill, uint64_t)
      void fill(uint64_t size)
      {
          block = malloc(size);
          for (uint64_t i = 0; i < size; i += 16384) {
              block[i] = (unsigned char)(i >> 14);
          }
      }

      HL_EXPORT(int, in_block, uint64_t)
      int in_block(uint64_t i) { return block[i]; }

      HL_EXPORT(hl_string, echo, hl_string)
      hl_string echo(hl_string text) { return text; }
      """;

  @TempDir private Path folder;

  private Path file() throws IOException {
    Path file = folder.resolve("version-1.snap");
    try (InputStream in =
        Objects.requireNonNull(SnapshotFormatTest.class.getResourceAsStream("version-1.snap"))) {
      Files.copy(in, file);
    }
    return file;
  }

  @Test
  void aFileOfVersion1GoesOnWhereItWasSaved() throws IOException {
    try (Snapshot loaded = Snapshot.load(file());
        Sandbox sandbox = loaded.spawn()) {
      assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(43);
      assertThat(sandbox.<Integer>call("in_block", int.class, 163_840L)).isEqualTo(10);
      assertThat(sandbox.<Integer>call("in_block", int.class, 163_841L)).isZero();
      assertThat(sandbox.<String>call("echo", String.class, "text")).isEqualTo("text");
    }
  }

  @Test
  void aFileOfVersion1IsSavedToTheSameBytes() throws IOException {
    Path file = file();
    Path again = folder.resolve("again.snap");
    try (Snapshot loaded = Snapshot.load(file)) {
      loaded.save(again);
    }
    SnapshotBytes kept = new SnapshotBytes(Files.readAllBytes(file));
    SnapshotBytes saved = new SnapshotBytes(Files.readAllBytes(again));
    assertThat(withoutVersion(saved)).isEqualTo(withoutVersion(kept));
  }

  /** Only the library's version, and the padding after it, may differ. */
  private static byte[] withoutVersion(SnapshotBytes file) {
    return file.replace(file.digest(), SnapshotBytes.DIGEST_SIZE, new byte[0])
        .replace(
            file.program() + file.getInt(SnapshotBytes.PROGRAM_SIZE), padding(file), new byte[0])
        .replace(names(file), file.mapping(0) - names(file), new byte[0])
        .replace(file.version(), file.getInt(SnapshotBytes.VERSION_SIZE), new byte[0])
        .setInt(SnapshotBytes.VERSION_SIZE, 0)
        .toByteArray();
  }

  private static int padding(SnapshotBytes file) {
    return file.page(0) - file.program() - file.getInt(SnapshotBytes.PROGRAM_SIZE);
  }

  /** Returns where the names end. */
  private static int names(SnapshotBytes file) {
    return file.name() + file.getInt(SnapshotBytes.NAME_SIZE);
  }
}

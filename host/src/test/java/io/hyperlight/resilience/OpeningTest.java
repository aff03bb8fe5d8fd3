package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Program;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.InvalidFileTreeException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening a path that the embedder names never waits, whatever is at that path. */
@NotInHardwareLane("No VM takes part.")
class OpeningTest {
  private static final Map<String, Consumer<Path>> OPENINGS = new LinkedHashMap<>();

  static {
    OPENINGS.put("Guest.load", Guest::load);
    OPENINGS.put("Program.of", Program::of);
    OPENINGS.put("Snapshot.load", Snapshot::load);
    OPENINGS.put("SnapshotFile.inspect", SnapshotFile::inspect);
    OPENINGS.put("FileTree.archive", FileTree::archive);
    OPENINGS.put("FileTree.file", FileTree::file);
  }

  private static Consumer<Path> opening(String name) {
    return Objects.requireNonNull(OPENINGS.get(name), name);
  }

  @TempDir private Path folder;
  private Path pipe;

  @BeforeEach
  void makePipe() {
    pipe = folder.resolve("pipe");
    Command.run("mkfifo", pipe.toString()).outputOfSuccess();
  }

  /** Returns what the opening throws; fails if the opening does not end. */
  private static Throwable thrownBy(Consumer<Path> opening, Path path) throws Exception {
    FutureTask<Throwable> task =
        new FutureTask<>(() -> {
          try {
            opening.accept(path);
            return new AssertionError("nothing thrown");
          } catch (HyperlightException | UncheckedIOException e) {
            return e;
          }
        });
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return task.get(2, TimeUnit.MINUTES);
  }

  @Test
  void whatIsNoRegularFileIsRefusedAtOnceAndTheMessageSaysWhatItIs() throws Exception {
    Map<Path, String> others =
        Map.of(pipe, "a pipe", Path.of("/dev/zero"), "a device", folder, "a directory");
    for (var opening : OPENINGS.entrySet()) {
      for (var other : others.entrySet()) {
        assertThat(thrownBy(opening.getValue(), other.getKey()))
            .as("%s of %s", opening.getKey(), other.getValue())
            .isInstanceOf(HyperlightException.class)
            .hasMessageContaining(other.getKey().toString())
            .hasMessageContaining("is not a regular file");
        if (!opening.getKey().equals("FileTree.file")) {
          assertThat(thrownBy(opening.getValue(), other.getKey()))
              .hasMessageContaining(other.getValue());
        }
      }
    }
    assertThat(SnapshotFile.isSnapshot(pipe)).isFalse();
    assertThat(SnapshotFile.isSnapshot(Path.of("/dev/zero"))).isFalse();
    assertThat(SnapshotFile.isSnapshot(folder)).isFalse();
    assertThat(SnapshotFile.isSnapshot(folder.resolve("none"))).isFalse();
  }

  @Test
  void aDirectoryThatIsAPipeIsRefusedAtOnce() throws Exception {
    assertThat(thrownBy(FileTree::directory, pipe)).isInstanceOf(InvalidFileTreeException.class);
  }

  @Test
  void aFileThatSaysItIsEmptyIsReadToABound() throws Exception {
    for (String name : new String[] {"Guest.load", "Program.of", "Snapshot.load"}) {
      assertThat(thrownBy(opening(name), Path.of("/proc/self/maps")))
          .as(name)
          .isInstanceOf(HyperlightException.class);
    }
  }

  @Test
  void aFileTooLargeForAnArrayIsRefused() throws Exception {
    Path large = folder.resolve("large");
    try (var file = new java.io.RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(3L << 30); // all of it a hole
    }
    for (String name : new String[] {"Guest.load", "Program.of"}) {
      assertThat(thrownBy(opening(name), large)).hasMessageContaining("is too large");
    }
  }

  @Test
  void aFileThatSomebodyExchangesForAPipeDoesNotKeepTheReaderWaiting() throws Exception {
    Path good = Files.write(folder.resolve("good"), new byte[10]);
    Path name = Files.createLink(folder.resolve("name"), good);
    FutureTask<Void> exchanging =
        new FutureTask<>(() -> {
          while (!Thread.currentThread().isInterrupted()) {
            replace(name, pipe);
            replace(name, good);
          }
          return null;
        });
    Thread exchanger = new Thread(exchanging);
    exchanger.start();
    try {
      for (var opening : OPENINGS.entrySet()) {
        if (opening.getKey().equals("FileTree.file")) {
          continue; // is opened later, by a sandbox
        }
        for (int i = 0; i < 200; i++) {
          assertThat(thrownBy(opening.getValue(), name)).as(opening.getKey()).isNotNull();
        }
      }
    } finally {
      exchanger.interrupt();
      exchanger.join();
    }
    exchanging.get();
  }

  private void replace(Path name, Path by) throws IOException {
    Path link = Files.createLink(folder.resolve("next"), by);
    Files.move(link, name, StandardCopyOption.ATOMIC_MOVE);
  }
}

package io.hyperlight.internal.vfs.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tree in memory does what the kernel does in a directory, with the same results and the same
 * errors.
 */
@NotInHardwareLane("No VM takes part.")
class MemoryTreePropertyTest {
  private static final int STEPS = 3000;
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final long LIMIT = 64L << 20;

  static LongStream seeds() {
    return Seeds.all();
  }

  /** The state of both sides at one moment. */
  private record Moment(FileSystem.State state, List<FileContent> kept, List<String> files) {}

  private final Random random = new Random();
  private @TempDir Path folder;
  private HostFiles host = new HostFiles(Path.of(""));
  private FileSystem files = Trees.memory(LIMIT);
  private GuestFileOperations guest = new GuestFileOperations(files);
  private int successes;

  @ParameterizedTest
  @MethodSource("seeds")
  void randomOperationsEndAsInADirectoryOfTheHost(long seed) throws Exception {
    random.setSeed(seed);
    Path directory = Files.createDirectory(folder.resolve("files"));
    Path copy = folder.resolve("copy");
    host = new HostFiles(directory);
    HostFiles.copy(directory, copy);
    Moment moment = freeze();
    for (int step = 0; step < STEPS; step++) {
      String what = "step " + step + ": " + step();
      if (step % 10 == 0) {
        assertThat(guest.describe()).as(what).isEqualTo(host.describe());
      }
      for (int i = 0; i < host.opened(); i++) {
        assertThat(guest.read(i)).as(what).isEqualTo(host.read(i));
      }
      if (random.nextInt(150) == 0) {
        closeAll(host);
        closeAll(guest);
        HostFiles.copy(directory, copy);
        moment = freeze();
      } else if (random.nextInt(150) == 0) {
        closeAll(host);
        HostFiles.copy(copy, directory);
        restore(moment);
      }
    }
    closeAll(host);
    assertThat(successes).isGreaterThan(STEPS / 10);
  }

  private static void closeAll(FileOperations operations) {
    while (operations.opened() > 0) {
      operations.close(0);
    }
  }

  private Moment freeze() {
    return new Moment(files.freeze(), guest.kept(), guest.describe());
  }

  /** Restores in place, or as another sandbox. */
  private void restore(Moment moment) {
    if (random.nextBoolean()) {
      files = Trees.memory(LIMIT);
      guest = new GuestFileOperations(files);
    }
    files.restore(moment.state);
    guest.reopen(moment.kept);
    assertThat(guest.describe()).isEqualTo(moment.files);
    assertThat(host.describe()).isEqualTo(moment.files);
  }

  private String path() {
    StringBuilder path = new StringBuilder(name());
    for (int more = random.nextInt(4); more > 1; more--) {
      path.append('/').append(name());
    }
    return path.toString();
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  /** Takes one step on both sides, and describes it. */
  private String step() {
    String path = path();
    String other = path();
    return switch (random.nextInt(11)) {
      case 0, 1 -> both("mkdir " + path, side -> side.makeDirectory(path));
      case 2 -> both("create " + path, side -> side.makeFile(path));
      case 3 -> both("symlink " + path + " " + other, side -> side.makeSymbolicLink(path, other));
      case 4 -> both("link " + path + " " + other, side -> side.link(path, other));
      case 5 -> both("remove " + path, side -> side.remove(path));
      case 6, 7 -> both("rename " + path + " " + other, side -> side.rename(path, other));
      case 8 -> both("open " + path, side -> side.open(path));
      default -> host.opened() == 0 ? "nothing" : onOpenFile(random.nextInt(host.opened()));
    };
  }

  private String onOpenFile(int which) {
    switch (random.nextInt(6)) {
      case 0 -> {
        long size = random.nextInt(40_000);
        host.cut(which, size);
        guest.cut(which, size);
      }
      case 1 -> {
        host.close(which);
        guest.close(which);
      }
      default -> {
        long offset = random.nextInt(40_000);
        String text = Character.toString('A' + random.nextInt(26)).repeat(random.nextInt(20_000));
        host.write(which, offset, text);
        guest.write(which, offset, text);
      }
    }
    return "open file " + which;
  }

  private String both(String what, ToIntFunction<FileOperations> action) {
    int expected = action.applyAsInt(host);
    assertThat(action.applyAsInt(guest)).as(what).isEqualTo(expected);
    if (expected == 0) {
      successes++;
    }
    return what;
  }
}

package io.hyperlight.vm;

import static io.hyperlight.vm.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.os.Posix;
import io.hyperlight.os.SystemCallException;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.vm.MemoryImage.Extent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sealed files that snapshots keep memory in. */
@NotInHardwareLane("No VM takes part.")
class MemoryImageTest {
  private static final long SIZE = 64L * PAGE_SIZE;

  private static MemoryImage imageOf(PhysicalMemory memory, long... pages) {
    memory.allocate(SIZE - PAGE_SIZE);
    for (long page : pages) {
      memory.putLong(page * PAGE_SIZE + 8, page);
    }
    return memory.freeze();
  }

  @Test
  void keepsWhatWasWrittenAndNothingElse() {
    try (PhysicalMemory memory = new PhysicalMemory(2 * SIZE)) {
      memory.getLong(20 * PAGE_SIZE); // touched, and zero
      MemoryImage image = imageOf(memory, 3, 4, 30);
      assertThat(image.sizeBytes()).isEqualTo(SIZE);
      assertThat(image.presentPages()).isEqualTo(3);
      assertThat(LongStream.range(-1, 100).filter(image::isPresent)).containsExactly(3L, 4L, 30L);
      memory.putLong(3 * PAGE_SIZE + 8, 77);
      try (PhysicalMemory copy = new PhysicalMemory(2 * SIZE, image)) {
        assertThat(copy.getLong(3 * PAGE_SIZE + 8)).isEqualTo(3);
        assertThat(copy.getLong(30 * PAGE_SIZE + 8)).isEqualTo(30);
        assertThat(copy.getLong(SIZE)).isZero();
        assertThat(copy.freeBytes()).isEqualTo(SIZE);
        copy.putLong(4 * PAGE_SIZE + 8, 5);
        copy.putLong(50 * PAGE_SIZE, 6);
        MemoryImage second = copy.freeze();
        assertThat(LongStream.range(0, 64).filter(second::isPresent))
            .containsExactly(3L, 4L, 30L, 50L);
        second.release();
      }
    }
  }

  @Test
  void cannotBeChangedByAnybody() throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(SIZE)) {
      MemoryImage image = imageOf(memory, 3);
      int fd = descriptors().getFirst();
      assertThat(Posix.fcntl(fd, Posix.F_GET_SEALS, 0))
          .isEqualTo(
              Posix.F_SEAL_WRITE | Posix.F_SEAL_GROW | Posix.F_SEAL_SHRINK | Posix.F_SEAL_SEAL);
      assertThatThrownBy(
              () -> Posix.mmap(PAGE_SIZE, Posix.PROT_READ | Posix.PROT_WRITE, Posix.MAP_SHARED, fd))
          .isInstanceOf(SystemCallException.class);
      assertThatThrownBy(() -> Posix.ftruncate(fd, 0)).isInstanceOf(SystemCallException.class);
      image.release();
    }
  }

  @Test
  void livesAsLongAsSomebodyUsesIt() throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(SIZE)) {
      int before = descriptors().size();
      MemoryImage image = imageOf(memory, 3);
      image.retain();
      PhysicalMemory copy = new PhysicalMemory(SIZE, image);
      image.release();
      assertThat(descriptors()).hasSize(before + 1);
      assertThat(copy.getLong(3 * PAGE_SIZE + 8)).isEqualTo(3);
      copy.close();
      assertThat(descriptors()).hasSize(before);
      assertThatIllegalStateException().isThrownBy(image::retain);
    }
  }

  private static List<Integer> descriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .filter(MemoryImageTest::isSnapshot)
          .map(descriptor -> Integer.parseInt(descriptor.getFileName().toString()))
          .toList();
    }
  }

  private static boolean isSnapshot(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("memfd:hyperlight-snapshot");
    } catch (IOException e) {
      return false; // the descriptor of the listing itself
    }
  }

  @Test
  void isMappedInRunsOfPages() {
    assertThat(extents(1, 2, 3, 7, 8)).containsExactly(extent(1, 4), extent(7, 9));
    assertThat(extents()).isEmpty();
    assertThat(extents(0, 99)).containsExactly(extent(0, 1), extent(99, 100));
  }

  @Test
  void isMappedInFewRunsHoweverManyThereAre() {
    List<Extent> extents = extents(LongStream.range(0, 50).map(i -> 2 * i).toArray());
    assertThat(extents).containsExactly(extent(0, 99));
    long[] pairs = LongStream.range(0, 3000).filter(i -> i % 30 < 2 || i % 300 > 280).toArray();
    assertThat(extents(pairs)).hasSizeLessThanOrEqualTo(32);
    for (long page : pairs) {
      assertThat(extents(pairs))
          .anyMatch(e -> e.start() <= page * PAGE_SIZE && page * PAGE_SIZE < e.end());
    }
  }

  private static Extent extent(long start, long end) {
    return new Extent(start * PAGE_SIZE, end * PAGE_SIZE);
  }

  private static List<Extent> extents(long... pages) {
    PageBitmap present = new PageBitmap(3000);
    for (long page : pages) {
      present.add(page);
    }
    return MemoryImage.extents(present, 3000);
  }
}

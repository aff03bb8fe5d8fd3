package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.machine.memory.MemoryImage.Extent;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostMemory;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sealed files in which snapshots keep memory. */
@NotInHardwareLane("No VM takes part.")
class MemoryImageTest {
  private static final long SIZE = 64L * PAGE_SIZE;

  private static MemoryImage imageOf(PhysicalMemory memory, long... pages) {
    memory.allocate(SIZE - PAGE_SIZE);
    for (long page : pages) {
      memory.putLong(at(page) + 8, page);
    }
    return memory.freeze(List.of(new PageTables(memory).root()));
  }

  /** Returns the address of a page of the data. */
  private static long at(long page) {
    return PhysicalLayout.DATA_START + page * PAGE_SIZE;
  }

  /** Returns which of the first pages of the data are present. */
  private static LongStream present(MemoryImage image) {
    return LongStream.range(0, 100).filter(page -> image.isPresent(at(page) / PAGE_SIZE));
  }

  @Test
  void keepsWhatWasWrittenAndThePageTablesAndNothingElse() {
    try (PhysicalMemory memory = new PhysicalMemory(2 * SIZE)) {
      memory.getLong(at(20)); // touched, and zero
      MemoryImage image = imageOf(memory, 3, 4, 30);
      assertThat(image.dataEnd()).isEqualTo(at(63));
      assertThat(image.usedBytes()).isEqualTo(SIZE);
      assertThat(image.presentPages()).isEqualTo(4);
      assertThat(image.isPresent(at(0) / PAGE_SIZE - 1)).isTrue(); // the root
      assertThat(present(image)).containsExactly(3L, 4L, 30L);
      assertThat(image.isPresent(-1)).isFalse();
      memory.putLong(at(3) + 8, 77);
      try (PhysicalMemory copy = new PhysicalMemory(image)) {
        assertThat(copy.getLong(at(3) + 8)).isEqualTo(3);
        assertThat(copy.getLong(at(30) + 8)).isEqualTo(30);
        assertThat(copy.getLong(at(63))).isZero();
        assertThat(copy.freeBytes()).isEqualTo(SIZE);
        copy.putLong(at(4) + 8, 5);
        copy.putLong(at(50), 6);
        MemoryImage second = copy.freeze(List.of(copy.imageRoot(0)));
        assertThat(present(second)).containsExactly(3L, 4L, 30L, 50L);
        second.release();
      }
    }
  }

  @Test
  void cannotBeChangedByAnybody() throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(SIZE)) {
      MemoryImage image = imageOf(memory, 3);
      int fd = descriptors().getFirst();
      assertThat(HostDescriptors.fcntl(fd, HostDescriptors.F_GET_SEALS, 0))
          .isEqualTo(
              HostDescriptors.F_SEAL_WRITE
                  | HostDescriptors.F_SEAL_GROW
                  | HostDescriptors.F_SEAL_SHRINK
                  | HostDescriptors.F_SEAL_SEAL);
      assertThatThrownBy(() ->
              HostMemory.mmap(
                  PAGE_SIZE,
                  HostMemory.PROT_READ | HostMemory.PROT_WRITE,
                  HostMemory.MAP_SHARED,
                  fd))
          .isInstanceOf(SystemCallException.class);
      assertThatThrownBy(() -> HostDescriptors.ftruncate(fd, 0))
          .isInstanceOf(SystemCallException.class);
      image.release();
    }
  }

  @Test
  void livesAsLongAsSomebodyUsesIt() throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(SIZE)) {
      int before = descriptors().size();
      MemoryImage image = imageOf(memory, 3);
      image.retain();
      PhysicalMemory copy = new PhysicalMemory(image);
      image.release();
      assertThat(descriptors()).hasSize(before + 1);
      assertThat(copy.getLong(at(3) + 8)).isEqualTo(3);
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

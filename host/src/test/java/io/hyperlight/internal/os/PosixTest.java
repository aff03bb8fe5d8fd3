package io.hyperlight.internal.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosixTest {
  private static final int TCGETS = 0x5401;

  @Test
  void aDescriptorIsNotInheritedByOtherPrograms() throws IOException {
    int descriptor = HostDescriptors.open("/dev/null", HostDescriptors.O_RDWR);
    try {
      // The flags are octal.
      String flags =
          Files.readAllLines(Path.of("/proc/self/fdinfo/" + descriptor)).stream()
              .filter(line -> line.startsWith("flags:"))
              .findFirst()
              .orElseThrow();
      int value = Integer.parseInt(flags.substring("flags:".length()).strip(), 8);
      assertThat(value & HostDescriptors.O_CLOEXEC).isNotZero();
      assertThat(value & 3).isEqualTo(HostDescriptors.O_RDWR);
    } finally {
      HostDescriptors.close(descriptor);
    }
  }

  @Test
  void aFileThatCannotBeOpenedIsNamed() {
    assertFails(
        () -> HostDescriptors.open("/does/not/exist", HostDescriptors.O_RDWR),
        "open(/does/not/exist) failed: ENOENT (No such file or directory)",
        Errno.ENOENT);
  }

  @Test
  void aDescriptorThatIsNotOpenIsNamed() {
    assertFails(
        () -> HostDescriptors.close(1_000_000),
        "close(1000000) failed: EBADF (Bad file descriptor)",
        Errno.EBADF);
  }

  @Test
  void memoryThatCannotBeMappedIsNamedByItsSize() {
    int anonymous = HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS;
    assertFails(
        () -> HostMemory.mmap(0, HostMemory.PROT_READ, anonymous, -1),
        "mmap(0 bytes) failed: EINVAL (Invalid argument)",
        Errno.EINVAL);
    assertFails(
        () -> HostMemory.mmap(1L << 50, HostMemory.PROT_READ, anonymous, -1),
        "mmap(1125899906842624 bytes) failed: ENOMEM (Cannot allocate memory)",
        Errno.ENOMEM);
  }

  @Test
  void mappedMemoryIsZeroedAndWritableUpToItsEnd() {
    MemorySegment memory =
        HostMemory.mmap(
            8192,
            HostMemory.PROT_READ | HostMemory.PROT_WRITE,
            HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS | HostMemory.MAP_NORESERVE,
            -1);
    assertThat(memory.byteSize()).isEqualTo(8192);
    assertThat(memory.get(ValueLayout.JAVA_LONG, 8184)).isZero();
    memory.set(ValueLayout.JAVA_LONG, 8184, 42);
    assertThat(memory.get(ValueLayout.JAVA_LONG, 8184)).isEqualTo(42);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 8192));
    HostMemory.munmap(memory);
  }

  @Test
  void aSharedMappingOfAFileIsTheFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "contents");
    int descriptor = HostDescriptors.open(file.toString(), HostDescriptors.O_RDWR);
    MemorySegment memory =
        HostMemory.mmap(
            8, HostMemory.PROT_READ | HostMemory.PROT_WRITE, HostMemory.MAP_SHARED, descriptor);
    HostDescriptors.close(descriptor);
    assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo("contents".getBytes(UTF_8));
    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 'C');
    HostMemory.munmap(memory);
    assertThat(file).hasContent("Contents");
  }

  @Test
  void whatIsNotAMappingsStartIsNotUnmapped() {
    assertFails(
        () -> HostMemory.munmap(MemorySegment.ofAddress(1)),
        "munmap failed: EINVAL (Invalid argument)",
        Errno.EINVAL);
  }

  @Test
  void aFailedIoctlLeavesItsErrorNumberAndThrowsNothing() {
    int descriptor = HostDescriptors.open("/dev/null", HostDescriptors.O_RDWR);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      MemorySegment buffer = arena.allocate(64);
      assertThat(HostIoctl.ioctl(errno, descriptor, TCGETS, buffer.address())).isEqualTo(-1);
      assertThat(Posix.errno(errno)).isEqualTo(Errno.ENOTTY);
    } finally {
      HostDescriptors.close(descriptor);
    }
  }

  private static void assertFails(ThrowingCallable call, String message, int errno) {
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(call)
        .withMessage(message)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(errno));
  }
}

package io.hyperlight.internal.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NotInHardwareLane("No VM takes part.")
class FileCallsTest {
  private static final int BENEATH = FileCalls.RESOLVE_BENEATH;

  @TempDir private Path folder;

  @Test
  void theConstantsAreTheKernels() {
    Map<String, Long> open = new LinkedHashMap<>();
    open.put("O_RDONLY", (long) FileCalls.O_RDONLY);
    open.put("O_NOCTTY", (long) FileCalls.O_NOCTTY);
    open.put("O_NONBLOCK", (long) FileCalls.O_NONBLOCK);
    open.put("O_DIRECTORY", (long) FileCalls.O_DIRECTORY);
    open.put("O_NOFOLLOW", (long) FileCalls.O_NOFOLLOW);
    open.put("010000000", (long) FileCalls.O_PATH); // this needs _GNU_SOURCE
    assertThat(CProgram.evaluate("fcntl.h", open.keySet())).isEqualTo(open);
    Map<String, Long> resolve = new LinkedHashMap<>();
    resolve.put("RESOLVE_NO_XDEV", (long) FileCalls.RESOLVE_NO_XDEV);
    resolve.put("RESOLVE_NO_MAGICLINKS", (long) FileCalls.RESOLVE_NO_MAGICLINKS);
    resolve.put("RESOLVE_NO_SYMLINKS", (long) FileCalls.RESOLVE_NO_SYMLINKS);
    resolve.put("RESOLVE_BENEATH", (long) FileCalls.RESOLVE_BENEATH);
    assertThat(CProgram.evaluate("linux/openat2.h", resolve.keySet())).isEqualTo(resolve);
  }

  private static int open(int directory, String path, int flags, int resolve) {
    return FileCalls.openat2(directory, path.getBytes(UTF_8), flags, resolve);
  }

  @Test
  void aPathIsOpenedFromADirectoryAndNotOutOfIt() throws IOException {
    Files.writeString(folder.resolve("file"), "contents");
    int directory = HostDescriptors.open(folder.toString(), FileCalls.O_PATH);
    try {
      int file = open(directory, "file", FileCalls.O_RDONLY, BENEATH);
      try {
        byte[] bytes = new byte[10];
        assertThat(FileCalls.pread(file, 3, bytes, 1, 9)).isEqualTo(5);
        assertThat(new String(bytes, 1, 5, UTF_8)).isEqualTo("tents");
        assertThat(FileCalls.pread(file, 8, bytes, 0, 9)).isZero();
        assertThat(FileCalls.pread(file, -1, bytes, 0, 9)).isEqualTo(-Errno.EINVAL);
        assertThat(flags(file) & HostDescriptors.O_CLOEXEC).isNotZero();
      } finally {
        HostDescriptors.close(file);
      }
      assertThat(open(directory, "..", FileCalls.O_PATH, BENEATH)).isEqualTo(-Errno.EXDEV);
      assertThat(open(directory, "/", FileCalls.O_PATH, BENEATH)).isEqualTo(-Errno.EXDEV);
      assertThat(open(directory, "missing", FileCalls.O_PATH, BENEATH)).isEqualTo(-Errno.ENOENT);
    } finally {
      HostDescriptors.close(directory);
    }
  }

  private static int flags(int descriptor) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + descriptor))) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
      }
    }
    throw new AssertionError("no flags");
  }

  @Test
  void aFileIsOpenedOnceMoreWhateverItsNameIsBy() throws IOException {
    Path path = Files.writeString(folder.resolve("file"), "contents");
    int first = HostDescriptors.open(path.toString(), FileCalls.O_PATH);
    Files.delete(path);
    int second = FileCalls.reopen(first, FileCalls.O_RDONLY);
    byte[] bytes = new byte[8];
    assertThat(FileCalls.pread(second, 0, bytes, 0, 8)).isEqualTo(8);
    assertThat(new String(bytes, UTF_8)).isEqualTo("contents");
    assertThat(FileCalls.fstat(second).isSameFile(FileCalls.fstat(first))).isTrue();
    assertThat(flags(second) & HostDescriptors.O_CLOEXEC).isNotZero();
    HostDescriptors.close(second);
    HostDescriptors.close(first);
    assertThat(FileCalls.reopen(1_000_000, FileCalls.O_RDONLY)).isEqualTo(-Errno.ENOENT);
  }

  @Test
  void aStatusIsWhatJavaSaysToo() throws IOException {
    Path path = Files.writeString(folder.resolve("file"), "contents");
    Files.createLink(folder.resolve("other"), path);
    Instant time = Instant.parse("2009-02-13T23:31:30.123456Z");
    Files.setLastModifiedTime(path, FileTime.from(time));
    int descriptor = HostDescriptors.open(path.toString(), FileCalls.O_PATH);
    try {
      HostFileStatus status = FileCalls.fstat(descriptor);
      assertThat(status.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
      assertThat(status.device()).isEqualTo(Files.getAttribute(path, "unix:dev"));
      assertThat(status.mode()).isEqualTo(Files.getAttribute(path, "unix:mode"));
      assertThat(status.links()).isEqualTo(2);
      assertThat(status.size()).isEqualTo(8);
      assertThat(status.modified()).isEqualTo(time);
      assertThat(FileTime.from(status.changed())).isEqualTo(Files.getAttribute(path, "unix:ctime"));
      assertThat(FileTime.from(status.accessed()))
          .isEqualTo(Files.getAttribute(path, "lastAccessTime"));
    } finally {
      HostDescriptors.close(descriptor);
    }
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> FileCalls.fstat(1_000_000))
        .withMessage("fstat failed: EBADF (Bad file descriptor)");
  }

  @Test
  void aLinkIsReadThroughADescriptorOfItsOwn() throws IOException {
    Files.createSymbolicLink(folder.resolve("link"), Path.of("x".repeat(4000)));
    int directory = HostDescriptors.open(folder.toString(), FileCalls.O_PATH);
    int link = open(directory, "link", FileCalls.O_PATH | FileCalls.O_NOFOLLOW, BENEATH);
    assertThat(new String(FileCalls.readlink(link), UTF_8)).isEqualTo("x".repeat(4000));
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> FileCalls.readlink(directory));
    assertThat(FileCalls.getdents64(directory, new byte[100])).isEqualTo(-Errno.EBADF);
    HostDescriptors.close(link);
    HostDescriptors.close(directory);
  }
}

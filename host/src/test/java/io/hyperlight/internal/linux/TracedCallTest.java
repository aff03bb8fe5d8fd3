package io.hyperlight.internal.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.trace.TracedCall;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traces show the outputs of calls, whatever wrote them. */
class TracedCallTest {
  private static final long AREA = 0x10_0000;
  private static final long AREA_SIZE = 8192;

  private final Vm machine = HostPlatform.get().create(1 << 20);
  private final AddressSpace space = machine.addressSpace();

  @BeforeEach
  void mapAnArea() {
    space.map(AREA, AREA_SIZE, Protection.READ_WRITE);
  }

  @AfterEach
  void close() {
    machine.close();
  }

  private TracedCall call(long number, long... arguments) {
    long[] all = new long[6];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    return CallHandlers.trace(space, number, all);
  }

  private void write(long address, String text) {
    space.write(address, text.getBytes(ISO_8859_1));
  }

  private static ByteBuffer struct(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(long address, ByteBuffer struct) {
    space.write(address, GuestMemory.bytes(struct));
  }

  @Test
  void inputsAreReadBeforeTheCallAndOutputsAfterIt() {
    write(AREA, "before\0");
    TracedCall open = call(257, -100, AREA, 0);
    TracedCall read = call(0, 3, AREA, 100);
    write(AREA, "after!\0");
    assertThat(open.line(3)).isEqualTo("openat(AT_FDCWD, \"before\", O_RDONLY) = 3");
    assertThat(read.line(6)).isEqualTo("read(3, \"after!\", 100) = 6");
  }

  @Test
  void aBufferIsShownAsFarAsItWasFilled() {
    write(AREA, "\177ELF\2\1\1" + "x".repeat(100));
    assertThat(call(0, 3, AREA, 832).line(7)).isEqualTo("read(3, \"\\177ELF\\2\\1\\1\", 832) = 7");
    assertThat(call(17, 3, AREA, 832, 64).line(832))
        .isEqualTo("pread64(3, \"\\177ELF\\2\\1\\1" + "x".repeat(57) + "\"..., 832, 64) = 832");
    // Nothing is written if the guest asks for the size of an attribute.
    assertThat(call(191, AREA, AREA, AREA, 0).line(50)).endsWith(", \"\", 0) = 50");
  }

  @Test
  void partsAreShownAsFarAsTheyWereFilled() {
    write(AREA, "abcdef");
    write(AREA + 16, struct(32).putLong(AREA).putLong(4).putLong(AREA + 4).putLong(1000));
    assertThat(call(19, 3, AREA + 16, 2).line(6))
        .isEqualTo(
            "readv(3, [{iov_base=\"abcd\", iov_len=4}, {iov_base=\"ef\", iov_len=1000}], 2) = 6");
    assertThat(call(295, 3, AREA + 16, 1, 77, 5).line(2))
        .isEqualTo("preadv(3, [{iov_base=\"ab\", iov_len=4}], 1, 77) = 2");
  }

  @Test
  void entriesOfDirectoriesAreCounted() {
    ByteBuffer listing = struct(72).putShort(16, (short) 24).putShort(40, (short) 48);
    write(AREA, listing);
    assertThat(call(217, 3, AREA, 32768).line(72))
        .isEqualTo("getdents64(3, 0x100000 /* 2 entries */, 32768) = 72");
    assertThat(call(217, 3, AREA, 32768).line(0))
        .isEqualTo("getdents64(3, 0x100000 /* 0 entries */, 32768) = 0");
    // No kernel writes entries of length 0. Counting them must end all the same.
    assertThat(call(217, 3, AREA + 4096, 4096).line(4096)).contains(" entries */, 4096) = 4096");
  }

  @Test
  void filesAreDescribed() {
    write(AREA, struct(144).putInt(24, 0104755).putLong(48, 1234));
    assertThat(call(5, 3, AREA).line(0))
        .isEqualTo("fstat(3, {st_mode=S_IFREG|S_ISUID|0755, st_size=1234, ...}) = 0");
    write(AREA, struct(144).putInt(24, 020620).putLong(40, 0x8801));
    assertThat(call(5, 0, AREA).line(0))
        .isEqualTo("fstat(0, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}) = 0");
    write(AREA, struct(256).putInt(0, 0x7ff).putShort(28, (short) 040755).putLong(40, 4096));
    assertThat(call(332, -100, AREA + 8, 0x100, 0xfff, AREA).line(0))
        .isEqualTo(
            "statx(AT_FDCWD, \"\", AT_SYMLINK_NOFOLLOW, STATX_ALL, {stx_mask=STATX_BASIC_STATS,"
                + " stx_attributes=0, stx_mode=S_IFDIR|0755, stx_size=4096, ...}) = 0");
    write(AREA, struct(120).putLong(0, 0xef53).putLong(8, 4096).putLong(16, 10).putLong(24, 5));
    assertThat(call(138, 3, AREA).line(0))
        .isEqualTo("fstatfs(3, {f_type=0xef53, f_bsize=4096, f_blocks=10, f_bfree=5, ...}) = 0");
  }

  @Test
  void pairsAndTimesAreShown() {
    write(AREA, struct(8).putInt(3).putInt(4));
    assertThat(call(293, AREA, 02000000).line(0)).isEqualTo("pipe2([3, 4], O_CLOEXEC) = 0");
    write(AREA, struct(16).putLong(1).putLong(500));
    write(AREA + 16, struct(16).putLong(0).putLong(7));
    assertThat(call(35, AREA, AREA + 16).line(-4))
        .isEqualTo(
            "nanosleep({tv_sec=1, tv_nsec=500}, {tv_sec=0, tv_nsec=7})"
                + " = -1 EINTR (Interrupted system call)");
    assertThat(call(35, AREA, AREA + 16).line(0))
        .isEqualTo("nanosleep({tv_sec=1, tv_nsec=500}, 0x100010) = 0");
    write(
        AREA,
        struct(32).putShort(0, (short) 1).putShort(2, (short) 2).putLong(8, -5).putLong(16, 9));
    assertThat(call(72, 3, 6, AREA).line(0))
        .isEqualTo(
            "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_END, l_start=-5, l_len=9}) = 0");
    write(AREA, struct(8).putInt(0b1011));
    assertThat(call(23, 4, AREA, 0, 0, 0).line(1))
        .isEqualTo("select(4, [0 1 3], NULL, NULL, NULL) = 1");
  }

  @Test
  void outputsOfAnyLengthAreShownAndNoneIsBelieved() {
    for (long result : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, -4096, 1L << 32, 4095}) {
      for (int number = 0; number < SystemCallTable.END; number++) {
        long last = AREA + AREA_SIZE - 8;
        String line = call(number, last, last, last, last, last, last).line(result);
        assertThat(line).matches("[a-z0-9_]+\\([ -~]*\\) = [ -~]+").hasSizeLessThan(4000);
      }
    }
  }
}

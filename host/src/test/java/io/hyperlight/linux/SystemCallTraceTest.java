package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SystemCall;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.RecordingLogger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener gets system calls in words, whatever arguments the guest passes. */
class SystemCallTraceTest {
  private static final int CALLS = Integer.getInteger("hyperlight.test.systemCalls", 20_000) / 4;

  private static final long UNMAPPED = 0x8;
  private static final long AREA_SIZE = 16384;

  private final List<SystemCall> calls = new ArrayList<>();
  private final Sandbox sandbox =
      Sandbox.builder(RawSystemCalls.GUEST)
          .memorySize(4 << 20)
          .logger(new RecordingLogger())
          .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000, 5), ZoneOffset.UTC))
          .randomSeed(7)
          .systemCallListener(calls::add)
          .build();
  private final RawSystemCalls guest = new RawSystemCalls(sandbox);
  private long area;
  private long free;

  @BeforeEach
  void startAtTheBeginningOfTheArea() {
    area = guest.area();
    free = area;
  }

  @AfterEach
  void close() {
    sandbox.close();
  }

  /** Returns the line of a call, with addresses in the area as offsets. */
  private String line(long number, long... arguments) {
    calls.clear();
    guest.call(number, arguments);
    assertThat(calls).hasSize(1);
    String text = calls.getFirst().text();
    for (long at = area; at < free; at++) {
      text = text.replace("0x" + Long.toHexString(at), "area+" + (at - area));
    }
    return text;
  }

  /** Copies bytes into guest memory, and returns their address. */
  private long bytes(byte[] bytes) {
    long address = free;
    for (int i = 0; i < bytes.length; i++) {
      guest.poke(address + i, bytes[i]);
    }
    free = address + bytes.length + 7 & -8;
    return address;
  }

  private long text(String text) {
    return bytes((text + "\0").getBytes(ISO_8859_1));
  }

  private long words(long... words) {
    ByteBuffer buffer = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      buffer.putLong(word);
    }
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes(bytes);
  }

  private long room(int size) {
    return bytes(new byte[size]);
  }

  @Test
  void aListenerIsToldNameArgumentsResultAndText() {
    line(1, 1, text("hello\n"), 6);
    SystemCall call = calls.getFirst();
    assertThat(call.name()).isEqualTo("write");
    assertThat(call.arguments()).containsExactly(1L, area, 6L, 0L, 0L, 0L);
    assertThat(call.result()).isEqualTo(6);
    assertThat(call.text()).isEqualTo("write(1, \"hello\\n\", 6) = 6");
  }

  @Test
  void descriptorsAndBuffersAreShown() {
    assertThat(line(0, 0, room(8), 8)).isEqualTo("read(0, \"\", 8) = 0");
    assertThat(line(0, 99, area, 8))
        .isEqualTo("read(99, area+0, 8) = -1 EBADF (Bad file descriptor)");
    long parts = words(text("ab"), 2, text("cde"), 3);
    assertThat(line(20, 1, parts, 2))
        .isEqualTo(
            "writev(1, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cde\", iov_len=3}], 2) = 5");
    assertThat(line(5, 1, room(144)))
        .isEqualTo("fstat(1, {st_mode=S_IFIFO|0600, st_size=0, ...}) = 0");
    assertThat(line(262, 1, text(""), room(144), 0x1000))
        .isEqualTo(
            "newfstatat(1, \"\", {st_mode=S_IFIFO|0600, st_size=0, ...}, AT_EMPTY_PATH) = 0");
    assertThat(line(8, 1, -5, 1)).isEqualTo("lseek(1, -5, SEEK_CUR) = -1 ESPIPE (Illegal seek)");
    assertThat(line(16, 1, 0x5401, area))
        .isEqualTo("ioctl(1, TCGETS, area+0) = -1 ENOTTY (Inappropriate ioctl for device)");
    assertThat(line(72, 1, 1)).isEqualTo("fcntl(1, F_GETFD) = 0");
    assertThat(line(72, 1, 3)).isEqualTo("fcntl(1, F_GETFL) = 0x1 (flags O_WRONLY)");
    assertThat(line(72, 1, 2, 1)).startsWith("fcntl(1, F_SETFD, FD_CLOEXEC) = ");
    assertThat(line(72, 1, 4, 04001)).startsWith("fcntl(1, F_SETFL, O_WRONLY|O_NONBLOCK) = ");
    assertThat(line(292, 1, 1, 02000000))
        .isEqualTo("dup3(1, 1, O_CLOEXEC) = -1 EINVAL (Invalid argument)");
  }

  @Test
  void pollTellsWhatIsReady() {
    long table = words(1L | 4L << 32, 0xffff_ffffL | 1L << 32);
    assertThat(line(7, table, 2, 0))
        .isEqualTo("poll([{fd=1, events=POLLOUT}, {fd=-1}], 2, 0) = 1 ([{fd=1, revents=POLLOUT}])");
    assertThat(line(7, table + 8, 1, 100)).isEqualTo("poll([{fd=-1}], 1, 100) = 0 (Timeout)");
    assertThat(line(7, 0, 0, 0)).isEqualTo("poll(NULL, 0, 0) = 0 (Timeout)");
    assertThat(line(7, UNMAPPED, 1, 0)).isEqualTo("poll(0x8, 1, 0) = -1 EFAULT (Bad address)");
  }

  @Test
  void pathsAreShown() {
    assertThat(line(257, -100, text("/no/such"), 02000000))
        .isEqualTo(
            "openat(AT_FDCWD, \"/no/such\", O_RDONLY|O_CLOEXEC)"
                + " = -1 ENOENT (No such file or directory)");
    assertThat(line(2, text("/new"), 01101, 0644))
        .startsWith("open(\"/new\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 E");
    assertThat(line(83, text("/folder"), 07)).startsWith("mkdir(\"/folder\", 007) = -1 E");
    assertThat(line(21, text("/no"), 6))
        .isEqualTo("access(\"/no\", R_OK|W_OK) = -1 ENOENT (No such file or directory)");
    assertThat(line(21, text("/no"), 0)).startsWith("access(\"/no\", F_OK) = ");
    assertThat(line(79, room(16), 16)).isEqualTo("getcwd(\"/\", 16) = 2");
    assertThat(line(263, 5, text("/no"), 0x200))
        .startsWith("unlinkat(5, \"/no\", AT_REMOVEDIR) = ");
    assertThat(line(280, -100, text("/no"), words(0, 0x3fff_ffff, 0, 0x3fff_fffe), 0x100))
        .startsWith(
            "utimensat(AT_FDCWD, \"/no\", [UTIME_NOW, UTIME_OMIT], AT_SYMLINK_NOFOLLOW) = ");
    assertThat(line(59, text("/no"), words(text("a"), text("b c"), 0), 0))
        .startsWith("execve(\"/no\", [\"a\", \"b c\"], NULL) = -1 EPERM");
  }

  @Test
  void memoryIsShown() {
    String mapped = line(9, 0, 8192, 3, 0x22, -1, 0);
    long address = calls.getFirst().result();
    String at = "0x" + Long.toHexString(address);
    assertThat(mapped)
        .isEqualTo(
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = " + at);
    assertThat(line(10, address, 4096, 0)).isEqualTo("mprotect(" + at + ", 4096, PROT_NONE) = 0");
    assertThat(line(28, address, 4096, 4))
        .isEqualTo("madvise(" + at + ", 4096, MADV_DONTNEED) = 0");
    assertThat(line(25, address, 8192, 4096, 1))
        .isEqualTo("mremap(" + at + ", 8192, 4096, MREMAP_MAYMOVE) = " + at);
    assertThat(line(11, address, 4096)).isEqualTo("munmap(" + at + ", 4096) = 0");
    assertThat(line(12, 0)).matches("brk\\(NULL\\) = 0x[0-9a-f]+");
    assertThat(line(9, 0, 1, 7, 2, 1, 0x1000))
        .startsWith("mmap(NULL, 1, PROT_READ|PROT_WRITE|PROT_EXEC, MAP_PRIVATE, 1, 0x1000) = -1 E");
    assertThat(line(26, 1, 2, 5))
        .isEqualTo("msync(0x1, 2, MS_ASYNC|MS_SYNC) = -1 EINVAL (Invalid argument)");
  }

  @Test
  void timesAreShown() {
    assertThat(line(228, 0, room(16)))
        .isEqualTo("clock_gettime(CLOCK_REALTIME, {tv_sec=1800000000, tv_nsec=5}) = 0");
    assertThat(line(228, 77, area))
        .isEqualTo("clock_gettime(0x4d /* CLOCK_??? */, area+0) = -1 EINVAL (Invalid argument)");
    assertThat(line(96, room(16), 0))
        .isEqualTo("gettimeofday({tv_sec=1800000000, tv_usec=0}, NULL) = 0");
    assertThat(line(35, words(1, 2), 0)).isEqualTo("nanosleep({tv_sec=1, tv_nsec=2}, NULL) = 0");
    assertThat(line(230, 1, 1, words(0, 2), 0))
        .isEqualTo(
            "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=0, tv_nsec=2}, NULL) = 0");
    assertThat(line(201, 0)).isEqualTo("time(NULL) = 1800000000");
    assertThat(line(98, 0, room(144)))
        .isEqualTo(
            "getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=0},"
                + " ru_stime={tv_sec=0, tv_usec=0}, ...}) = 0");
  }

  @Test
  void signalsAreShown() {
    long set = words(1L << 1 | 1L << 33);
    // The same address is read before and after the call.
    assertThat(line(14, 0, set, set, 8))
        .isEqualTo("rt_sigprocmask(SIG_BLOCK, [INT RT_2], [], 8) = 0");
    assertThat(line(14, 2, words(-1), set, 8))
        .isEqualTo("rt_sigprocmask(SIG_SETMASK, ~[], [INT RT_2], 8) = 0");
    long action = words(area, 0x1400_0004L, 0x123456, 1);
    assertThat(line(13, 10, action, room(32), 8))
        .isEqualTo(
            "rt_sigaction(SIGUSR1, {sa_handler=area+0, sa_mask=[HUP],"
                + " sa_flags=SA_RESTORER|SA_RESTART|SA_SIGINFO, sa_restorer=0x123456},"
                + " {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0");
    assertThat(line(131, 0, room(24)))
        .isEqualTo("sigaltstack(NULL, {ss_sp=NULL, ss_flags=SS_DISABLE, ss_size=0}) = 0");
    assertThat(line(234, 1, 1, 34)).isEqualTo("tgkill(1, 1, SIGRT_2) = 0");
    assertThat(line(127, room(8), 8)).isEqualTo("rt_sigpending([RT_2], 8) = 0");
    assertThat(line(62, 7, 99)).isEqualTo("kill(7, 99) = -1 ESRCH (No such process)");
  }

  @Test
  void processesAreShown() {
    assertThat(line(39)).isEqualTo("getpid() = 1");
    assertThat(line(95, 077)).isEqualTo("umask(077) = 022");
    assertThat(line(63, room(390)))
        .isEqualTo("uname({sysname=\"Linux\", nodename=\"sandbox\", ...}) = 0");
    assertThat(line(302, 0, 4, 0, room(16)))
        .isEqualTo("prlimit64(0, RLIMIT_CORE, NULL, {rlim_cur=0, rlim_max=0}) = 0");
    assertThat(line(97, 9, room(16)))
        .isEqualTo(
            "getrlimit(RLIMIT_AS, {rlim_cur=RLIM64_INFINITY, rlim_max=RLIM64_INFINITY}) = 0");
    assertThat(line(302, 0, 3, words(8 << 20, -1), 0))
        .isEqualTo(
            "prlimit64(0, RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}, NULL)"
                + " = -1 EPERM (Operation not permitted)");
    assertThat(line(118, room(4), room(4), room(4)))
        .isEqualTo("getresuid([65534], [65534], [65534]) = 0");
    assertThat(line(204, 0, 8, room(8))).isEqualTo("sched_getaffinity(0, 8, [0]) = 8");
    assertThat(line(157, 15, text("me"))).isEqualTo("prctl(PR_SET_NAME, \"me\") = 0");
    assertThat(line(157, 38, 1)).isEqualTo("prctl(PR_SET_NO_NEW_PRIVS, 0x1, 0, 0, 0) = 0");
    assertThat(line(158, 0x1004, room(8))).isEqualTo("arch_prctl(ARCH_GET_GS, [0]) = 0");
    assertThat(line(61, -1, 0, 1, 0))
        .isEqualTo("wait4(-1, NULL, WNOHANG, NULL) = -1 ECHILD (No child processes)");
    assertThat(line(318, room(4), 4, 1))
        .matches("getrandom\\(\"(\\\\x[0-9a-f]{2}){4}\", 4, GRND_NONBLOCK\\) = 4");
  }

  @Test
  void threadsAndSocketsAreShown() {
    long word = words(0);
    assertThat(line(202, word, 128, 7, 0))
        .isEqualTo(
            "futex(area+0, FUTEX_WAIT_PRIVATE, 7, NULL)"
                + " = -1 EAGAIN (Resource temporarily unavailable)");
    assertThat(line(202, word, 1, 0x7fff_ffff))
        .isEqualTo("futex(area+0, FUTEX_WAKE, 2147483647) = 0");
    assertThat(line(202, word, 256 + 128 + 9, 0, words(0, 5), 0, 0xffff_ffffL))
        .isEqualTo(
            "futex(area+0, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0,"
                + " {tv_sec=0, tv_nsec=5}, FUTEX_BITSET_MATCH_ANY)"
                + " = -1 ETIMEDOUT (Connection timed out)");
    assertThat(line(56, 0x120_0011, 0, 1, 2, 3))
        .isEqualTo(
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD,"
                + " child_tidptr=0x2) = -1 EPERM (Operation not permitted)");
    assertThat(line(41, 2, 0x80001, 6))
        .isEqualTo(
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = -1 EACCES (Permission"
                + " denied)");
    assertThat(line(53, 1, 2, 0, area))
        .startsWith("socketpair(AF_UNIX, SOCK_DGRAM, 0, [3, 4]) = 0");
  }

  @Test
  void numbersThatAreNoSystemCallsHaveSixWords() {
    assertThat(line(4711, 1, 0, -1))
        .isEqualTo(
            "syscall_0x1267(0x1, 0, 0xffffffffffffffff, 0, 0, 0)"
                + " = -1 ENOSYS (Function not implemented)");
    assertThat(line(183, 1)).startsWith("afs_syscall(0x1, 0, 0, 0, 0, 0) = -1 ENOSYS");
  }

  @Test
  void theCallThatAProgramEndsInHasNoResult() {
    calls.clear();
    assertThatExceptionOfType(GuestExitException.class).isThrownBy(() -> guest.call(231, 3));
    assertThat(calls).extracting(SystemCall::text).containsExactly("exit_group(3) = ?");
  }

  @Test
  void aCallThatWouldWaitForEverHasNoResult() {
    calls.clear();
    assertThatExceptionOfType(GuestDeadlockException.class).isThrownBy(() -> guest.call(34));
    assertThat(calls).extracting(SystemCall::text).containsExactly("pause() = ?");
  }

  @Test
  void aSignalThatEndsTheProgramWasSent() {
    calls.clear();
    assertThatExceptionOfType(GuestAbortException.class).isThrownBy(() -> guest.call(200, 1, 6));
    assertThat(calls).extracting(SystemCall::text).containsExactly("tkill(1, SIGABRT) = 0");
  }

  @Test
  void longTextsAreCut() {
    long buffer = text("x".repeat(300));
    assertThat(line(1, 1, buffer, 64)).isEqualTo("write(1, \"" + "x".repeat(64) + "\", 64) = 64");
    assertThat(line(1, 1, buffer, 65))
        .isEqualTo("write(1, \"" + "x".repeat(64) + "\"..., 65) = 65");
    assertThat(line(80, buffer)).startsWith("chdir(\"" + "x".repeat(256) + "\"...) = ");
    assertThat(line(80, buffer + 44)).startsWith("chdir(\"" + "x".repeat(256) + "\") = ");
    long[] parts = new long[40];
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = buffer;
      parts[i + 1] = 1;
    }
    String sixteen = "{iov_base=\"x\", iov_len=1}, ".repeat(16);
    assertThat(line(20, 1, words(parts), 20)).isEqualTo("writev(1, [" + sixteen + "...], 20) = 20");
  }

  @Test
  void bytesThatATerminalWouldObeyAreNumbers() {
    assertThat(line(1, 1, text("\033[2J\"\\\0017\377"), 9))
        .isEqualTo("write(1, \"\\33[2J\\\"\\\\\\0017\\377\", 9) = 9");
    assertThat(line(80, text("\r\n\t\233"))).startsWith("chdir(\"\\r\\n\\t\\233\") = ");
  }

  @Test
  void pointersToWhatCannotBeReadAreNumbers() {
    assertThat(line(1, 1, UNMAPPED, 5)).isEqualTo("write(1, 0x8, 5) = -1 EFAULT (Bad address)");
    assertThat(line(1, 1, 0, 5)).isEqualTo("write(1, NULL, 5) = -1 EFAULT (Bad address)");
    assertThat(line(1, 1, -1, 5))
        .isEqualTo("write(1, 0xffffffffffffffff, 5) = -1 EFAULT (Bad address)");
    assertThat(line(80, Long.MIN_VALUE))
        .isEqualTo("chdir(0x8000000000000000) = -1 EFAULT (Bad address)");
    assertThat(line(59, UNMAPPED, UNMAPPED, UNMAPPED)).startsWith("execve(0x8, 0x8, 0x8) = -1 E");
    assertThat(line(20, 1, Long.MAX_VALUE - 3, -1))
        .startsWith("writev(1, 0x7ffffffffffffffc, 18446744073709551615) = -1 EINVAL");
    assertThat(line(13, 10, UNMAPPED, 0, 8))
        .isEqualTo("rt_sigaction(SIGUSR1, 0x8, NULL, 8) = -1 EFAULT (Bad address)");
    assertThat(line(23, Integer.MAX_VALUE, UNMAPPED, -1, 0, 0))
        .startsWith("select(2147483647, 0x8, ");
  }

  @Test
  void whatEndsWhereMemoryEndsIsShownAsFarAsItMatters() {
    guest.call(9, 0, 4096, 3, 0x22, -1, 0);
    long page = calls.getLast().result();
    long end = page + 4096;
    guest.call(9, page, 4096, 3, 0x32, -1, 0);
    guest.poke(end - 3, 'a');
    guest.poke(end - 2, 'b');
    assertThat(line(80, end - 3)).startsWith("chdir(\"ab\") = ");
    assertThat(line(1, 1, end - 3, 3)).isEqualTo("write(1, \"ab\\0\", 3) = 3");
    guest.poke(end - 1, 'c');
    // The next page is unmapped.
    guest.call(11, end, 4096);
    assertThat(line(80, end - 3))
        .isEqualTo("chdir(0x" + Long.toHexString(end - 3) + ") = -1 EFAULT (Bad address)");
  }

  @ParameterizedTest
  @NotInHardwareLane("Says nothing about the processor, and calls often.")
  @ValueSource(longs = {31, 32})
  void anyCallWithAnyArgumentsIsALineOfPrintableText(long seed) {
    Random random = new Random(seed);
    sandbox.close();
    List<String> lines = new ArrayList<>();
    try (Sandbox first =
            Sandbox.builder(RawSystemCalls.GUEST)
                .memorySize(4 << 20)
                .logger(new RecordingLogger())
                .clock(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))
                .systemCallListener(call -> lines.add(call.text()))
                .build();
        Snapshot snapshot = first.snapshot();
        Sandbox fuzzed = snapshot.spawn()) {
      RawSystemCalls calling = new RawSystemCalls(fuzzed);
      long start = calling.area();
      for (int i = 0; i < CALLS; i++) {
        int before = lines.size();
        try {
          calling.call(random.nextInt(460), arguments(random, start));
        } catch (HyperlightException e) {
          fuzzed.restore(snapshot);
        }
        assertThat(lines).hasSizeGreaterThan(before);
      }
    }
    assertThat(lines)
        .allSatisfy(line -> assertThat(line).matches("[a-z0-9_]+\\([ -~]*\\) = [ -~]+"));
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThan(8000));
    // Some of the memory could be read.
    assertThat(lines).anyMatch(line -> line.contains("\\"));
    assertThat(lines).anyMatch(line -> line.contains("{"));
  }

  private static long[] arguments(Random random, long start) {
    long[] arguments = new long[6];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] =
          switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(-4, 70);
            case 2 -> 1L << random.nextInt(64);
            case 3 -> (1L << random.nextInt(64)) - 1;
            case 4 -> start + AREA_SIZE - random.nextInt(300);
            case 5 -> 0x7fff_ffff_f000L - random.nextInt(300);
            default -> start + random.nextInt((int) AREA_SIZE);
          };
    }
    return arguments;
  }
}

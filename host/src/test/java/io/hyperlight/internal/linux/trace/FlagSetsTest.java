package io.hyperlight.internal.linux.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Flags have the names and values of the headers that programs are compiled with. */
@NotInHardwareLane("No VM takes part.")
class FlagSetsTest {
  private static final List<String> HEADERS =
      List.of(
          "fcntl.h",
          "poll.h",
          "sched.h",
          "signal.h",
          "time.h",
          "unistd.h",
          "asm/prctl.h",
          "linux/futex.h",
          "linux/memfd.h",
          "linux/openat2.h",
          "netinet/in.h",
          "sys/epoll.h",
          "sys/eventfd.h",
          "sys/file.h",
          "sys/ioctl.h",
          "sys/mman.h",
          "sys/prctl.h",
          "sys/random.h",
          "sys/resource.h",
          "sys/socket.h",
          "sys/stat.h",
          "sys/wait.h",
          "linux/close_range.h");

  @Test
  void theyAreThoseOfTheHeaders() {
    Map<String, Long> ours =
        FlagSets.all().values().stream()
            .flatMap(set -> set.names().stream())
            .distinct()
            .collect(
                Collectors.toMap(
                    FlagSet.Name::text, FlagSet.Name::value, (a, b) -> a, LinkedHashMap::new));
    // The C library hides these. The first is always set on x86-64; the others are the kernel's.
    List<String> hidden = List.of("O_LARGEFILE", "SA_RESTORER", "SS_AUTODISARM");
    hidden.forEach(ours::remove);
    String includes =
        HEADERS.stream().map("#include <%s>\n"::formatted).collect(Collectors.joining());
    String lines =
        ours.keySet().stream()
            .map(name -> "printf(\"%s %%lld\\n\", (long long)%s);\n".formatted(name, name))
            .collect(Collectors.joining());
    Map<String, Long> theirs =
        CProgram.run(
                "#define _GNU_SOURCE\n"
                    + includes
                    + "#include <stdio.h>\nint main(void)\n{\n"
                    + lines
                    + "}\n")
            .outputOfSuccess()
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
    // In the headers, bits of type int are negative if the highest one is set.
    theirs.replaceAll(
        (name, value) -> ours.getOrDefault(name, 0L) > 0 ? value & 0xffff_ffffL : value);
    assertThat(ours).isEqualTo(theirs).hasSizeGreaterThan(300);
  }

  @Test
  void bitsAreCombinedAndWhatHasNoNameIsANumber() {
    FlagSet protection = FlagSets.of("protection");
    assertThat(protection.text(0)).isEqualTo("PROT_NONE");
    assertThat(protection.text(3)).isEqualTo("PROT_READ|PROT_WRITE");
    assertThat(protection.text(0x101)).isEqualTo("PROT_READ|0x100");
    assertThat(protection.text(0x100)).isEqualTo("0x100 /* PROT_??? */");
    assertThat(protection.text(-1))
        .isEqualTo("PROT_READ|PROT_WRITE|PROT_EXEC|PROT_GROWSDOWN|PROT_GROWSUP|0xfffffffffcfffff8");
    assertThat(FlagSets.of("random").text(0)).isEqualTo("0");
    assertThat(FlagSets.of("poll").text(0x8000)).isEqualTo("0x8000 /* POLL??? */");
  }

  @Test
  void choicesAreNamesOrNumbers() {
    assertThat(FlagSets.of("whence").text(2)).isEqualTo("SEEK_END");
    assertThat(FlagSets.of("whence").text(77)).isEqualTo("0x4d /* SEEK_??? */");
    assertThat(FlagSets.of("usage").text(-1)).isEqualTo("RUSAGE_CHILDREN");
    assertThatIllegalArgumentException().isThrownBy(() -> FlagSets.of("no such flags"));
  }

  @Test
  void waysToOpenFilesStandBeforeBits() {
    assertThat(FlagSets.open(0)).isEqualTo("O_RDONLY");
    assertThat(FlagSets.open(02000001)).isEqualTo("O_WRONLY|O_CLOEXEC");
    assertThat(FlagSets.open(0101102)).isEqualTo("O_RDWR|O_CREAT|O_TRUNC|O_LARGEFILE");
    assertThat(FlagSets.open(020200003)).isEqualTo("O_ACCMODE|O_TMPFILE");
    assertThat(FlagSets.open(0x8000_0000L)).isEqualTo("O_RDONLY|0x80000000");
    assertThat(FlagSets.socket(0x80001)).isEqualTo("SOCK_STREAM|SOCK_CLOEXEC");
  }
}

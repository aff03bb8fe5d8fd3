package io.hyperlight.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names equal those of the header that programs are compiled with. */
class SystemCallNamesTest {
  /** Prints the numbers of the macros of the header. */
  private static final String PROGRAM =
      """
      #include <stdio.h>

      int main(void)
      {
          char line[200], name[100];
          int number;
          FILE *header = fopen("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "r");
          if (!header) {
              return 1;
          }
          while (fgets(line, sizeof line, header)) {
              if (sscanf(line, "#define __NR_%99s %d", name, &number) == 2) {
                  printf("%d %s\\n", number, name);
              }
          }
          return 0;
      }
      """;

  @Test
  @NotInHardwareLane("Needs a compiler, and says nothing about the processor.")
  void theyAreThoseOfTheHeader() {
    Map<Integer, String> ofHeader =
        CProgram.run(PROGRAM)
            .outputOfSuccess()
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(
                Collectors.toMap(
                    pair -> Integer.valueOf(pair[0]),
                    pair -> pair[1],
                    (a, b) -> a,
                    LinkedHashMap::new));
    assertThat(ofHeader).hasSizeGreaterThan(350);
    Map<Integer, String> ours =
        ofHeader.keySet().stream()
            .collect(Collectors.toMap(number -> number, number -> SystemCallTable.nameOf(number)));
    assertThat(ours).isEqualTo(ofHeader);
    // A newer header may have more names, but all of ours exist.
    assertThat(
            IntStream.range(0, SystemCallTable.END)
                .filter(number -> !SystemCallTable.nameOf(number).startsWith("system call "))
                .boxed())
        .allMatch(ofHeader::containsKey);
  }

  /** The macros that the kernel's build for aarch64 sets (its {@code arch/arm64/.../unistd.h}). */
  private static final String AARCH64 =
      """
      #define __ARCH_WANT_RENAMEAT
      #define __ARCH_WANT_NEW_STAT
      #define __ARCH_WANT_SET_GET_RLIMIT
      #define __ARCH_WANT_SYS_CLONE3
      #define __ARCH_WANT_MEMFD_SECRET
      #include <asm-generic/unistd.h>
      #include <stdio.h>
      int main(void)
      {
      """;

  @Test
  @NotInHardwareLane("Needs a compiler, and says nothing about the processor.")
  void theNumbersOfAarch64AreThoseOfItsHeader() {
    String lines =
        SystemCallTable.calls().stream()
            .map(SystemCall::name)
            .map(name ->
                "#ifdef __NR_%1$s\nprintf(\"%1$s %%d\\n\", __NR_%1$s);\n#endif\n".formatted(name))
            .collect(Collectors.joining());
    Map<String, Integer> ofHeader =
        CProgram.run(AARCH64 + lines + "}\n")
            .outputOfSuccess()
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> Integer.valueOf(pair[1])));
    assertThat(ofHeader).hasSizeGreaterThan(280);
    Map<String, Integer> ours =
        SystemCallTable.calls().stream()
            .filter(call -> call.aarch64() != SystemCall.NONE)
            .collect(Collectors.toMap(SystemCall::name, SystemCall::aarch64));
    assertThat(ours).isEqualTo(ofHeader);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, 400, 4711, Long.MAX_VALUE})
  void numbersThatAreNoneHaveThemselvesForAName(long number) {
    assertThat(SystemCallTable.nameOf(number))
        .isEqualTo("system call " + Long.toUnsignedString(number));
  }
}

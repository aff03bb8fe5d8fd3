package io.hyperlight.internal.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ErrnoTest {
  private static Map<String, Long> constants() throws IllegalAccessException {
    Map<String, Long> constants = new LinkedHashMap<>();
    for (Field field : Errno.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers())) {
        constants.put(field.getName(), (long) field.getInt(null));
      }
    }
    return constants;
  }

  @Test
  void everyNumberIsTheCLibrarys() throws IllegalAccessException {
    assertThat(constants()).hasSizeGreaterThan(15);
    assertThat(CProgram.evaluate("errno.h", constants().keySet())).isEqualTo(constants());
  }

  @Test
  void everyNumberIsDescribedByItsOwnName() throws IllegalAccessException {
    Map<String, Long> constants = constants();
    // This number has two names, and descriptions use the other one.
    constants.remove("ENOTSUP");
    constants.forEach(
        (name, number) -> assertThat(Errno.describe(number.intValue())).startsWith(name + " ("));
  }

  /** Prints the C library's name and description of each number. */
  private static final String PROGRAM =
      """
      #define _GNU_SOURCE
      #include <stdio.h>
      #include <string.h>

      int main(void)
      {
          for (int i = 0; i < 200; i++) {
              const char *name = strerrorname_np(i);
              if (i && name) {
                  printf("%d %s (%s)\\n", i, name, strerrordesc_np(i));
              } else {
                  printf("%d errno %d\\n", i, i);
              }
          }
          return 0;
      }
      """;

  @Test
  void everyNumberIsDescribedAsByTheCLibrary() {
    String ours =
        IntStream.range(0, 200)
            .mapToObj(number -> number + " " + Errno.describe(number) + "\n")
            .collect(Collectors.joining());
    // The C library has two names for this number, and prefers the other one.
    String theirs = CProgram.run(PROGRAM).outputOfSuccess().replace("ENOTSUP ", "EOPNOTSUPP ");
    assertThat(ours).isEqualTo(theirs).contains("2 ENOENT (No such file or directory)\n");
    assertThat(Errno.describe(-1)).isEqualTo("errno -1");
  }

  @Test
  void theConstantsOfOpeningAndMappingAreTheCLibrarys() {
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put("O_RDWR", (long) HostDescriptors.O_RDWR);
    expected.put("O_CLOEXEC", (long) HostDescriptors.O_CLOEXEC);
    assertThat(CProgram.evaluate("fcntl.h", expected.keySet())).isEqualTo(expected);
    Map<String, Long> mapping = new LinkedHashMap<>();
    mapping.put("PROT_READ", (long) HostMemory.PROT_READ);
    mapping.put("PROT_WRITE", (long) HostMemory.PROT_WRITE);
    mapping.put("MAP_SHARED", (long) HostMemory.MAP_SHARED);
    mapping.put("MAP_PRIVATE", (long) HostMemory.MAP_PRIVATE);
    mapping.put("MAP_ANONYMOUS", (long) HostMemory.MAP_ANONYMOUS);
    mapping.put("MAP_NORESERVE", (long) HostMemory.MAP_NORESERVE);
    assertThat(CProgram.evaluate("sys/mman.h", mapping.keySet())).isEqualTo(mapping);
  }
}

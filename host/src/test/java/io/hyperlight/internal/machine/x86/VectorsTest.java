package io.hyperlight.internal.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NotInHardwareLane("No VM takes part.")
class VectorsTest {
  private static final int ALL = 32;

  @Test
  void everyKindOfFaultHasAVector() {
    assertThat(IntStream.range(0, ALL).mapToObj(Vectors::kind).collect(Collectors.toSet()))
        .isEqualTo(EnumSet.allOf(FaultKind.class));
  }

  @Test
  void thoseThatNoProgramRaisesAreOfNoKind() {
    Set<Integer> others = new TreeSet<>();
    for (int vector = 0; vector < ALL; vector++) {
      if (Vectors.kind(vector) == FaultKind.OTHER) {
        others.add(vector);
      }
    }
    assertThat(others)
        .containsExactly(2, 7, 8, 9, 10, 15, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  }

  @Test
  void eachIsDescribedInItsOwnWords() {
    assertThat(IntStream.range(0, ALL).mapToObj(Vectors::describe)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({
    "0x4, READ",
    "0x5, READ",
    "0x6, WRITE",
    "0x7, WRITE",
    "0x14, EXECUTE",
    "0x15, EXECUTE"
  })
  void anErrorCodeOfAPageFaultTellsTheAccess(String errorCode, MemoryAccess access) {
    assertThat(Vectors.access(Long.decode(errorCode))).isEqualTo(access);
  }
}

package io.hyperlight.internal.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a guest writes to a save area, the host gives a processor only what it can have. */
class SaveAreaTest {
  private static final long XCR0 = 7;
  private static final int COMPONENTS = 512;

  private final PhysicalMemory memory = new PhysicalMemory(1 << 20);
  private final long page = memory.allocate(PhysicalMemory.PAGE_SIZE);
  private final SaveArea area = new SaveArea(memory, XCR0, 0x1000, page);

  @AfterEach
  void close() {
    memory.close();
  }

  @ParameterizedTest
  @CsvSource({
    "0x7ffffffff000, 0x7ffffffff000",
    "-4096, -4096",
    "0x1230000000000000, 0",
    "0x7fff800000000000, -0x800000000000",
    "-0x8000000000000000, 0"
  })
  void basesAreSomeThatAProcessorCanHave(String written, String read) {
    area.setFsBase(Long.decode(written));
    area.setGsBase(Long.decode(written));
    assertThat(area.fsBase()).isEqualTo(Long.decode(read));
    assertThat(area.gsBase()).isEqualTo(Long.decode(read));
  }

  @Test
  void theStateIsOneThatAProcessorCanLoad() {
    byte[] ones = new byte[PhysicalMemory.PAGE_SIZE];
    Arrays.fill(ones, (byte) -1);
    memory.put(page, ones, 0, ones.length);
    byte[] state = area.state();
    assertThat(area.isPossible(ones)).isFalse();
    assertThat(area.isPossible(state)).isTrue();
    assertThat(state[COMPONENTS]).isEqualTo((byte) XCR0);
    assertThat(Arrays.copyOfRange(state, COMPONENTS + 1, COMPONENTS + 64)).containsOnly(0);
  }
}

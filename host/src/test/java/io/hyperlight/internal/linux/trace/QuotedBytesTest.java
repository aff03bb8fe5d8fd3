package io.hyperlight.internal.linux.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

@NotInHardwareLane("No VM takes part.")
class QuotedBytesTest {
  private static String quoted(String text) {
    return QuotedBytes.of(text.getBytes(StandardCharsets.ISO_8859_1), false);
  }

  @Test
  void textIsWrittenAsInC() {
    assertThat(quoted("a b~")).isEqualTo("\"a b~\"");
    assertThat(quoted("\"\\")).isEqualTo("\"\\\"\\\\\"");
    assertThat(quoted("\t\n\013\f\r")).isEqualTo("\"\\t\\n\\v\\f\\r\"");
    assertThat(QuotedBytes.of(new byte[0], false)).isEqualTo("\"\"");
  }

  @Test
  void otherBytesAreNumbersThatNoDigitBehindThemChanges() {
    assertThat(quoted("\177ELF\2\1\1")).isEqualTo("\"\\177ELF\\2\\1\\1\"");
    assertThat(quoted("\0007\0008\033[31m\377")).isEqualTo("\"\\0007\\08\\33[31m\\377\"");
  }

  @Test
  void everyByteIsPrintable() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    assertThat(QuotedBytes.of(all, true)).matches("[ -~]+").endsWith("\\377\"...");
    assertThat(QuotedBytes.hexadecimal(all, false)).matches("\"(\\\\x[0-9a-f]{2}){256}\"");
  }
}

package io.hyperlight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class GuestPathsTest {
  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Test
  void aPathIsUtf8() {
    for (String path : new String[] {"", "/etc", "ä€", "\ud83d\ude00/\uffff", "a\nb\u007f"}) {
      assertThat(GuestPaths.encode(path)).isEqualTo(bytes(path));
      assertThat(GuestPaths.decode(bytes(path))).isEqualTo(path);
    }
  }

  @Test
  void aByteThatIsNoUtf8IsHalfASurrogatePair() {
    assertThat(GuestPaths.decode("\u00ff/a\u00c3")).isEqualTo("\udcff/a\udcc3");
    // An encoded surrogate is not valid UTF-8, and neither is a slash in two bytes.
    assertThat(GuestPaths.decode("\u00ed\u00a0\u0080")).isEqualTo("\udced\udca0\udc80");
    assertThat(GuestPaths.decode("\u00c0\u00af")).isEqualTo("\udcc0\udcaf");
    assertThat(GuestPaths.encode("\udcff/a\udcc3")).isEqualTo("\u00ff/a\u00c3");
  }

  static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyPathIsFoundAgainByItsString(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      for (int at = 0; at < bytes.length; at++) {
        bytes[at] = bytes[at] == 0 ? 1 : bytes[at];
      }
      String path = new String(bytes, ISO_8859_1);
      assertThat(GuestPaths.encode(GuestPaths.decode(path))).isEqualTo(path);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\ud800", "\udc00", "\udc7f", "\udd00", "a\ud83d"})
  void whatIsNoPathIsRefused(String path) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encode(path))
        .withMessageContaining("a character that no path can have");
  }

  @ParameterizedTest
  @ValueSource(strings = {"//", "/a/", "/a//b", "/./a", "/a/..", "/.."})
  void absolutePathsHaveToBeNormalised(String path) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeAbsolute(path))
        .withMessageContaining("not normalised");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeRelative("a/" + path))
        .withMessageContaining("not normalised");
  }

  @Test
  void pathsHaveToBeOfTheRightKindAndLength() {
    assertThat(GuestPaths.encodeAbsolute("/")).isEqualTo("/");
    assertThat(GuestPaths.encodeAbsolute("/a/b")).isEqualTo("/a/b");
    assertThat(GuestPaths.encodeRelative("a/ä")).isEqualTo("a/" + bytes("ä"));
    for (String path : new String[] {"", "a", "./a"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> GuestPaths.encodeAbsolute(path))
          .withMessageContaining("not absolute");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeRelative("/a"))
        .withMessageContaining("is absolute");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeRelative(""))
        .withMessageContaining("not normalised");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeAbsolute("/" + "ä".repeat(128)))
        .withMessageContaining("too long a name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestPaths.encodeAbsolute("/a".repeat(2048)))
        .withMessageContaining("too long");
    assertThat(GuestPaths.encodeAbsolute("/a".repeat(2047))).hasSize(4094);
  }
}

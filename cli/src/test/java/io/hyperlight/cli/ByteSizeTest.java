package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ByteSizeTest {
  private final ByteSize.Converter converter = new ByteSize.Converter();

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "16, 16777216",
    "64k, 65536",
    "64KiB, 65536",
    "512m, 536870912",
    "1G, 1073741824",
    "2gb, 2147483648",
    "999999999999g, 9223372036854775807"
  })
  void aNumberHasTheUnitOfItsLetterOrOfTheOption(String text, long bytes) {
    assertThat(converter.convert(text).bytes(20)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-1", "1.5g", "1 g", "1t", "0x10", "1mm", "9999999999999"})
  void otherTextIsNoSize(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "' is no size");
  }
}

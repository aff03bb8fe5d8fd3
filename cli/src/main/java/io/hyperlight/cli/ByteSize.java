package io.hyperlight.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A size on the command line: a number, and k, m or g for KiB, MiB or GiB. The option decides what
 * a number alone means.
 *
 * @param text as the user wrote it
 * @param number not negative
 * @param shift the logarithm of the unit; -1 if there is none
 */
record ByteSize(String text, long number, int shift) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12})(?:([kmg])(?:i?b)?)?");

  /** Reads a size. */
  static final class Converter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String value) {
      Matcher form = FORM.matcher(value.toLowerCase(Locale.ROOT));
      if (!form.matches()) {
        throw new TypeConversionException(
            "'" + value + "' is no size: write a number with k, m or g, such as 512m");
      }
      String unit = form.group(2);
      int shift = unit == null ? -1 : 10 * (1 + "kmg".indexOf(unit));
      return new ByteSize(value, Long.parseLong(form.group(1)), shift);
    }
  }

  /**
   * Returns the size in bytes, or the largest number.
   *
   * @param defaultShift the logarithm of the unit of a number alone
   */
  long bytes(int defaultShift) {
    int by = shift < 0 ? defaultShift : shift;
    return number > Long.MAX_VALUE >> by ? Long.MAX_VALUE : number << by;
  }
}

package io.hyperlight.cli;

import io.hyperlight.FunctionDeclaration;
import io.hyperlight.LinuxText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/** Converts the words of a command line to values of a function's parameter types. */
final class Arguments {
  private Arguments() {}

  /** Returns one value for each parameter. */
  static Object[] parseAll(List<String> words, FunctionDeclaration function) {
    int count = function.type().parameterCount();
    if (words.size() != count) {
      throw new UserException(
          "%s takes %d arguments, not %d".formatted(function, count, words.size()));
    }
    Object[] values = new Object[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          parse(
              words.get(i),
              function.type().parameterType(i),
              "argument %d of %s".formatted(i + 1, function));
    }
    return values;
  }

  /**
   * Converts one word.
   *
   * @param what the name of the value, for error messages
   */
  static Object parse(String word, Class<?> type, String what) {
    try {
      if (type == String.class) {
        return text(word, what);
      } else if (type == byte[].class) {
        return bytes(word);
      } else if (type == boolean.class) {
        return bool(word);
      } else if (type == float.class) {
        return Float.parseFloat(word);
      } else if (type == double.class) {
        return Double.parseDouble(word);
      } else if (type == long.class) {
        return integer(word);
      } else if (type == int.class) {
        return Math.toIntExact(integer(word));
      } else if (type == short.class) {
        return (short) inRange(integer(word), Short.MIN_VALUE, Short.MAX_VALUE);
      } else if (type == byte.class) {
        return (byte) inRange(integer(word), Byte.MIN_VALUE, Byte.MAX_VALUE);
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new UserException(
          "%s: '%s' is not a value of type %s".formatted(what, word, type.getSimpleName()));
    }
    throw new IllegalArgumentException(type.toString());
  }

  /** Parses a decimal number, or a hexadecimal one after 0x. A leading zero does not mean octal. */
  private static long integer(String word) {
    String digits = word.startsWith("-") ? word.substring(1) : word;
    boolean hexadecimal = digits.startsWith("0x");
    String unsigned = hexadecimal ? digits.substring(2) : digits;
    String sign = word.startsWith("-") ? "-" : "";
    return Long.parseLong(sign + unsigned, hexadecimal ? 16 : 10);
  }

  private static long inRange(long value, long minimum, long maximum) {
    if (value < minimum || value > maximum) {
      throw new NumberFormatException();
    }
    return value;
  }

  private static boolean bool(String word) {
    return switch (word) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new NumberFormatException();
    };
  }

  private static byte[] bytes(String word) {
    if (word.startsWith("@") && !word.startsWith("@@")) {
      String name = word.substring(1);
      try {
        return Files.readAllBytes(LinuxText.path(name));
      } catch (IOException e) {
        throw new UserException("cannot read " + name + ": " + UserException.reason(e));
      }
    }
    return LinuxText.encode(unescape(word));
  }

  private static String text(String word, String what) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(word))).toString();
    } catch (CharacterCodingException e) {
      throw new UserException(what + ": " + word + " is not UTF-8 text");
    }
  }

  private static String unescape(String word) {
    return word.startsWith("@@") ? word.substring(1) : word;
  }
}

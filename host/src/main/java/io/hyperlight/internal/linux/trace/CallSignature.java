package io.hyperlight.internal.linux.trace;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Holds the arguments and the result of a system call, for traces.
 *
 * @param arguments the kind of each argument
 * @param result the kind of the result
 */
public record CallSignature(List<ArgumentKind> arguments, Result result) {
  private static final Map<String, CallSignature> PARSED = new ConcurrentHashMap<>();

  /** Says how a result that is no error is shown. */
  enum Result {
    NUMBER,
    ADDRESS,
    OCTAL,
    /** The number of ready descriptors, which are listed too. */
    READY,
    /** Depends on the command of {@code fcntl(2)}. */
    BY_COMMAND
  }

  public CallSignature {
    arguments = List.copyOf(arguments);
  }

  /**
   * Parses a signature of the system call table.
   *
   * @param text the kinds of the arguments, by their names in {@link ArgumentKinds} and {@link
   *     FlagSets}; after {@code >} how the result is shown, if it is not a number
   */
  public static CallSignature parse(String text) {
    return PARSED.computeIfAbsent(text, CallSignature::read);
  }

  private static CallSignature read(String text) {
    int mark = text.indexOf('>');
    String kinds = mark < 0 ? text : text.substring(0, mark);
    return new CallSignature(
        Arrays.stream(kinds.split("\\s+"))
            .filter(word -> !word.isEmpty())
            .map(ArgumentKinds::of)
            .toList(),
        mark < 0
            ? Result.NUMBER
            : Result.valueOf(text.substring(mark + 1).trim().toUpperCase(Locale.ROOT)));
  }
}

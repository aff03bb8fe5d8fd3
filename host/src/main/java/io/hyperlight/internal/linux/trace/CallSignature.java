package io.hyperlight.internal.linux.trace;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a system call takes and returns, for showing it.
 *
 * @param arguments what each argument is
 * @param result what its result is
 */
public record CallSignature(List<ArgumentKind> arguments, Result result) {
  private static final Map<String, CallSignature> PARSED = new ConcurrentHashMap<>();

  /** How a result that is no error is shown. */
  enum Result {
    NUMBER,
    ADDRESS,
    OCTAL,
    /** A number of descriptors that are ready, which are shown. */
    READY,
    /** As the command of {@code fcntl(2)} has it. */
    BY_COMMAND
  }

  public CallSignature {
    arguments = List.copyOf(arguments);
  }

  /**
   * One of the system calls' table.
   *
   * @param text the kinds of its arguments, as {@link ArgumentKinds} and {@link FlagSets} have
   *     them; after {@code >} how the result is shown, if it is not a number
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

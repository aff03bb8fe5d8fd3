package io.hyperlight.internal.linux.trace;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Errno;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Formats a system call as a line of text, as {@code strace(1)} shows it. The constructor reads the
 * inputs, before the call is answered. {@link #line} reads the outputs.
 */
public final class TracedCall {
  private final String name;
  private final long[] words;
  private final TracedArguments arguments;
  private final @Nullable CallSignature signature;
  private final @Nullable String[] texts;

  /**
   * Reads the inputs of a call that is not answered yet.
   *
   * @param name the call's name in the line
   * @param signature null for an unknown call
   * @param words its six arguments, of any values; not copied
   */
  public TracedCall(
      AddressSpace space, String name, @Nullable CallSignature signature, long[] words) {
    this.name = name;
    this.signature = signature;
    this.words = words;
    arguments = new TracedArguments(space, words);
    texts = new @Nullable String[words.length];
    render(false);
  }

  private void render(boolean outputs) {
    if (signature == null) {
      return;
    }
    List<ArgumentKind> kinds = signature.arguments();
    for (int i = 0; i < kinds.size(); i++) {
      ArgumentKind kind = kinds.get(i);
      if (kind.isOutput() == outputs) {
        texts[i] = kind.renderer().text(arguments, i);
      }
    }
  }

  /** Returns the line for a call that was answered. */
  public String line(long answer) {
    arguments.setResult(answer);
    return shown() + " = " + resultText(answer);
  }

  /** Returns the line for a call that did not return to the program. */
  public String lineWithoutResult() {
    arguments.setResult(-Errno.EINTR);
    return shown() + " = ?";
  }

  private String shown() {
    render(true);
    Stream<String> all =
        signature == null
            ? Arrays.stream(words).mapToObj(NumberTexts::hex)
            : Arrays.stream(texts).filter(Objects::nonNull).map(Objects::requireNonNull);
    return name + all.collect(Collectors.joining(", ", "(", ")"));
  }

  private String resultText(long result) {
    if (arguments.failed()) {
      return "-1 " + Errno.describe((int) -result);
    }
    return switch (signature == null ? CallSignature.Result.NUMBER : signature.result()) {
      case NUMBER -> Long.toString(result);
      case ADDRESS -> NumberTexts.hex(result);
      case OCTAL -> result == 0 ? "0" : "0" + Long.toOctalString(result);
      case READY -> result == 0 ? "0 (Timeout)" : result + DescriptorTexts.ready(arguments);
      case BY_COMMAND -> DescriptorTexts.fcntlResult(arguments, result);
    };
  }
}

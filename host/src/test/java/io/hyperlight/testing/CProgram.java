package io.hyperlight.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A C program that is compiled with gcc and asked what the C compiler says. */
public final class CProgram {
  private static final String GUEST_HEADER = "/io/hyperlight/sdk/c/hyperlight.h";

  private CProgram() {}

  /** The value that the compiler gives to each of these integer expressions. */
  public static Map<String, Long> evaluate(String header, Collection<String> expressions) {
    String source =
        "#include <%s>\n#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{\n"
                .formatted(header)
            + expressions.stream()
                .map("  printf(\"%%lld\\n\", (long long)(%s));\n"::formatted)
                .collect(Collectors.joining())
            + "  return 0;\n}\n";
    Iterator<String> values = run(source).outputOfSuccess().lines().iterator();
    Map<String, Long> byExpression = new LinkedHashMap<>();
    for (String expression : expressions) {
      byExpression.put(expression, Long.valueOf(values.next()));
    }
    return byExpression;
  }

  /** Compiles and runs a program. It may include {@code hyperlight.h}. */
  public static Command.Result run(String source, String... arguments) {
    Path folder = TemporaryFolder.create("c-program");
    try {
      Path program = folder.resolve("program");
      Path file = Files.writeString(folder.resolve("program.c"), source);
      try (InputStream header = header()) {
        Files.copy(header, folder.resolve("hyperlight.h"));
      }
      Command.run(
              "gcc",
              "-std=gnu17",
              "-Wall",
              "-isystem",
              folder.toString(),
              "-o",
              program.toString(),
              file.toString(),
              "-lm")
          .outputOfSuccess();
      List<String> command = new ArrayList<>(List.of(program.toString()));
      command.addAll(List.of(arguments));
      return Command.run(command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream header() throws IOException {
    @Nullable InputStream header =
        io.hyperlight.sdk.GuestCompiler.class.getResourceAsStream(GUEST_HEADER);
    if (header == null) {
      throw new IOException(GUEST_HEADER + " is missing");
    }
    return header;
  }
}

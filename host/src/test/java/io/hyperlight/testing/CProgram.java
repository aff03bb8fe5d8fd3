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

/** A C program that is compiled with gcc, to find out what the C compiler says. */
public final class CProgram {
  private static final String GUEST_HEADER = "/io/hyperlight/sdk/c/hyperlight.h";

  private CProgram() {}

  /** Returns the compiler's values of these integer expressions. */
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
    return run(source, List.of(), List.of(arguments));
  }

  /** Compiles and runs a program, with more options for gcc after its source. */
  public static Command.Result run(String source, List<String> options, List<String> arguments) {
    Path program = compile(source, options);
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    return Command.run(command);
  }

  /** Compiles a program, with more options for gcc after its source. */
  public static Path compile(String source, List<String> options) {
    Path folder = TemporaryFolder.create("c-program");
    try {
      Path program = folder.resolve("program");
      Path file = Files.writeString(folder.resolve("program.c"), source);
      try (InputStream header = header()) {
        Files.copy(header, folder.resolve("hyperlight.h"));
      }
      List<String> command =
          new ArrayList<>(List.of("gcc", "-std=gnu17", "-Wall", "-isystem", folder.toString()));
      command.addAll(List.of("-o", program.toString(), file.toString()));
      command.addAll(options);
      command.add("-lm");
      Command.run(command).outputOfSuccess();
      return program;
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

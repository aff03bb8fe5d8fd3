package io.hyperlight.cli;

import io.hyperlight.FunctionDeclaration;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "call",
    description = "Calls one function of a guest in a new micro-VM and prints its result.",
    footer = {
      "",
      "Options come before the guest. Arguments are read as the function's declared types:",
      "numbers in decimal or 0x hexadecimal, true or false, text as it is, and @FILE for a",
      "file's contents as text or bytes (@@ for text that begins with @)."
    },
    mixinStandardHelpOptions = true)
final class CallCommand implements Callable<Integer> {
  @Option(
      names = "--host",
      paramLabel = "NAME=VALUE",
      description = "A host function that always returns this value. Others fail when called.")
  private Map<String, String> hostValues = new LinkedHashMap<>();

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "The VM's memory in MiB; ${DEFAULT-VALUE} by default.")
  private int memoryMib = (int) (Sandbox.Builder.DEFAULT_MEMORY_SIZE >> 20);

  @Option(names = "--raw", description = "Write a result of bytes as it is, not in hexadecimal.")
  private boolean raw;

  @Parameters(index = "0", paramLabel = "GUEST", description = "A guest program.")
  private Path guest = Path.of("");

  @Parameters(index = "1", paramLabel = "FUNCTION", description = "One of its functions.")
  private String function = "";

  @Parameters(index = "2..*", paramLabel = "ARGUMENT", description = "The function's arguments.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    Guest loaded = Guest.load(guest);
    Sandbox.Builder builder =
        Sandbox.builder(loaded).hostPrint(System.out).logger(new GuestLogger(System.err));
    builder.memorySize(memoryBytes());
    for (FunctionDeclaration imported : loaded.imports()) {
      builder.hostFunction(imported.name(), hostFunction(imported));
    }
    try (Sandbox sandbox = builder.build()) {
      print(sandbox.call(function, Object.class, parse(loaded)));
    }
    return 0;
  }

  private long memoryBytes() {
    if (memoryMib < 1 || memoryMib > 3 << 10) {
      throw new UserException("--memory " + memoryMib + ": must be 1 to " + (3 << 10) + " MiB");
    }
    return (long) memoryMib << 20;
  }

  private MethodHandle hostFunction(FunctionDeclaration imported) {
    String value = hostValues.get(imported.name());
    MethodHandle answer;
    if (value != null) {
      Class<?> type = imported.type().returnType();
      answer =
          type == void.class
              ? MethodHandles.empty(
                  imported.type().dropParameterTypes(0, imported.type().parameterCount()))
              : MethodHandles.constant(type, Arguments.parse(value, type, imported.toString()));
    } else {
      answer =
          MethodHandles.throwException(imported.type().returnType(), IllegalStateException.class)
              .bindTo(
                  new IllegalStateException(
                      "nothing answers "
                          + imported
                          + ": give --host "
                          + imported.name()
                          + "=VALUE"));
    }
    return MethodHandles.dropArguments(answer, 0, imported.type().parameterList());
  }

  private Object[] parse(Guest loaded) {
    for (FunctionDeclaration exported : loaded.exports()) {
      if (exported.name().equals(function)) {
        return Arguments.parseAll(arguments, exported);
      }
    }
    // The sandbox says what is wrong with the name.
    return arguments.toArray();
  }

  private void print(@Nullable Object result) {
    if (result instanceof byte[] bytes) {
      if (raw) {
        try {
          System.out.write(bytes);
        } catch (IOException e) {
          throw new UncheckedIOException("cannot write the result", e);
        }
        System.out.flush();
      } else {
        System.out.println(HexFormat.of().formatHex(bytes));
      }
    } else if (result != null) {
      System.out.println(result);
    }
  }
}

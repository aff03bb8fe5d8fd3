package io.hyperlight.cli;

import io.hyperlight.FunctionDeclaration;
import io.hyperlight.Guest;
import io.hyperlight.HostFunctionRegistry;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxSettings;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.value.Limits;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the commands that run a guest, and the sandbox that they describe. */
final class SandboxOptions {
  private static final int MAX_MIB = 3 << 10;
  private static final int MAX_KIB = 1 << 20;
  private static final int PAGE_SIZE = 4096;

  @Option(
      names = "--host",
      paramLabel = "NAME=VALUE",
      description = "A host function that always returns this value. Others fail when called.")
  private Map<String, String> hostValues = new LinkedHashMap<>();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "The VM's memory, such as 512m or 2g; a number alone is in MiB; "
              + (Sandbox.Builder.DEFAULT_MEMORY_SIZE >> 20)
              + " by default. A snapshot has its own.")
  private @Nullable ByteSize memory;

  @Option(
      names = "--stack",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "The guest's stack, such as 256k or 8m; a number alone is in KiB; "
              + (Sandbox.Builder.DEFAULT_STACK_SIZE >> 10)
              + " by default. A snapshot has its own.")
  private @Nullable ByteSize stack;

  @Option(
      names = "--processors",
      paramLabel = "N",
      description =
          "On how many processors threads of the guest run at the same time, 1 to "
              + SandboxSettings.MAXIMUM_PROCESSORS
              + "; 1 by default.")
  private int processors = 1;

  @Option(
      names = "--trace",
      description =
          "Show each Linux system call that the guest makes on standard error, as strace does.")
  private boolean trace;

  @Mixin private LimitOptions limits = new LimitOptions();

  /** Creates a sandbox for a file: it loads a guest, or continues a snapshot. */
  Sandbox open(Path file, FileOptions files) {
    if (!SnapshotFile.isSnapshot(file)) {
      return create(Guest.load(file), files);
    }
    if (!files.isEmpty()) {
      throw new UserException(
          "--mount, --scratch, --system: a snapshot has the files that it was made with");
    }
    try (Snapshot snapshot = Snapshot.load(file)) {
      return spawn(snapshot);
    }
  }

  private Sandbox create(Guest guest, FileOptions files) {
    Sandbox.Builder builder = Sandbox.builder(guest);
    if (memory != null) {
      builder.memorySize(memoryBytes(memory));
    }
    if (stack != null) {
      builder.stackSize(stackBytes(stack));
    }
    files.mounts().forEach(mount -> mount.addTo(builder::mount));
    register(guest, builder);
    return builder.build();
  }

  /** Checks the value of {@code --memory} and returns it in bytes. */
  static long memoryBytes(ByteSize size) {
    long bytes = size.bytes(20);
    if (bytes < 1 << 20 || bytes > (long) MAX_MIB << 20 || bytes % PAGE_SIZE != 0) {
      throw new UserException(
          "--memory " + size.text() + ": must be 1 to " + MAX_MIB + " MiB, in whole pages");
    }
    return bytes;
  }

  /** Checks the value of {@code --stack} and returns it in bytes. */
  static long stackBytes(ByteSize size) {
    long bytes = size.bytes(10);
    if (bytes < PAGE_SIZE || bytes > (long) MAX_KIB << 10 || bytes % PAGE_SIZE != 0) {
      throw new UserException(
          "--stack " + size.text() + ": must be a multiple of 4, up to " + MAX_KIB + " KiB");
    }
    return bytes;
  }

  /** Checks the value of {@code --processors} and returns it. */
  static int requireProcessors(int count) {
    if (count < 1 || count > SandboxSettings.MAXIMUM_PROCESSORS) {
      throw new UserException(
          "--processors %d: must be 1 to %d".formatted(count, SandboxSettings.MAXIMUM_PROCESSORS));
    }
    return count;
  }

  private Sandbox spawn(Snapshot snapshot) {
    if (memory != null || stack != null) {
      throw new UserException("--memory, --stack: a snapshot has the memory that it was made with");
    }
    Snapshot.Spawner spawner = snapshot.spawner();
    register(snapshot.guest(), spawner);
    return spawner.spawn();
  }

  private <S extends SandboxSettings<S> & HostFunctionRegistry<S>> void register(
      Guest guest, S registry) {
    registry
        .hostPrint(Console.guestOutput())
        .hostError(Console.guestErrors())
        .logger(new GuestLogger(System.err))
        .limits(limits.limits(Limits.DEFAULT))
        .processors(requireProcessors(processors));
    if (trace) {
      registry.systemCallListener(call -> System.err.println(call.text()));
    }
    List<String> imports = guest.imports().stream().map(FunctionDeclaration::name).toList();
    for (String name : hostValues.keySet()) {
      if (!imports.contains(name)) {
        throw new UserException(
            "--host %s: the guest imports %s"
                .formatted(
                    name, imports.isEmpty() ? "nothing" : "only " + String.join(", ", imports)));
      }
    }
    for (FunctionDeclaration imported : guest.imports()) {
      registry.hostFunction(imported.name(), hostFunction(imported));
    }
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

  /** Calls a function. The words of a command line are its arguments. */
  static @Nullable Object call(Sandbox sandbox, String function, List<String> words) {
    return sandbox.call(function, Object.class, parse(sandbox.guest(), function, words));
  }

  private static Object[] parse(Guest guest, String function, List<String> words) {
    for (FunctionDeclaration exported : guest.exports()) {
      if (exported.name().equals(function)) {
        return Arguments.parseAll(words, exported);
      }
    }
    // The sandbox reports what is wrong with the name.
    return words.toArray();
  }
}

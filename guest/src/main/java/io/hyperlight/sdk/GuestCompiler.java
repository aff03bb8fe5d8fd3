package io.hyperlight.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Compiles C programs to guests with gcc: static position-independent executables without a libc,
 * linked with the guest library. The same sources and options give the same bytes.
 *
 * <p>Safe for use by many threads.
 */
public final class GuestCompiler {
  /** The library is small and compiled along, so that it always has the guest's options. */
  private static final List<String> LIBRARY =
      List.of("hyperlight.c", "memory.c", "start.S", "hyperlight.h");

  private static final List<String> COMPILER_OPTIONS =
      List.of(
          "-std=gnu17",
          "-O2",
          "-ffreestanding",
          "-fPIE",
          // The stack protector and shadow stacks need what only a libc sets up.
          "-fno-stack-protector",
          "-fcf-protection=none",
          "-fvisibility=hidden",
          "-ffunction-sections",
          "-fdata-sections",
          "-Wall",
          "-Wextra");

  private static final List<String> LINKER_OPTIONS =
      List.of(
          "-static-pie",
          "-nostdlib",
          "-Wl,--entry=hl_start",
          "-Wl,--gc-sections",
          // No page is both code and data, and none is writable and executable.
          "-Wl,-z,separate-code",
          "-Wl,-z,noexecstack",
          "-Wl,--build-id=none");

  private final String compiler;

  /** A compiler that runs {@code gcc} from the search path. */
  public GuestCompiler() {
    this("gcc");
  }

  /**
   * A compiler that runs another program that takes gcc's options.
   *
   * @param compiler its path, or its name on the search path
   */
  public GuestCompiler(String compiler) {
    this.compiler = compiler;
  }

  /**
   * Compiles and links a guest.
   *
   * @param sources C and assembler files
   * @param output where the guest goes; replaced if it exists
   * @param options more options for the compiler, after the built-in ones
   * @return what the compiler printed: warnings, or nothing
   * @throws GuestCompilationException if the compiler is missing or fails
   */
  public String compile(List<Path> sources, Path output, List<String> options) {
    if (sources.isEmpty()) {
      throw new GuestCompilationException("no source files to compile");
    }
    for (Path source : sources) {
      if (!Files.isReadable(source)) {
        throw new GuestCompilationException("cannot read " + source);
      }
    }
    try {
      Path library = Files.createTempDirectory("hyperlight-sdk");
      try {
        unpackLibrary(library);
        return run(commandLine(library, sources, output, options));
      } finally {
        delete(library);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot prepare the guest library: " + e.getMessage(), e);
    }
  }

  private List<String> commandLine(
      Path library, List<Path> sources, Path output, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(compiler);
    command.addAll(COMPILER_OPTIONS);
    // A system header: no warnings about what its macros expand to.
    command.addAll(List.of("-isystem", library.toString()));
    // Paths of this machine stay out of the output.
    command.add("-ffile-prefix-map=" + library + "=hyperlight");
    sources.forEach(source -> command.add(source.toString()));
    LIBRARY.stream()
        .filter(name -> !name.endsWith(".h"))
        .forEach(name -> command.add(library.resolve(name).toString()));
    command.addAll(LINKER_OPTIONS);
    command.addAll(options);
    command.addAll(List.of("-o", output.toString()));
    return command;
  }

  private static String run(List<String> command) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new GuestCompilationException(
          "cannot run "
              + command.getFirst()
              + ": install it (apt-get install gcc libc6-dev), or name another compiler");
    }
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new GuestCompilationException(
            said.isBlank() ? command.getFirst() + " failed with status " + status : said.strip());
      }
      return said;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new GuestCompilationException("interrupted while compiling");
    }
  }

  private static void unpackLibrary(Path directory) throws IOException {
    for (String name : LIBRARY) {
      try (InputStream resource = GuestCompiler.class.getResourceAsStream("c/" + name)) {
        if (resource == null) {
          throw new IOException("c/" + name + " is missing from the jar");
        }
        Files.copy(resource, directory.resolve(name));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /**
   * For builds: compiles from the command line.
   *
   * @param arguments {@code -o OUTPUT SOURCE...}
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 3 || !arguments[0].equals("-o")) {
      System.err.println("usage: GuestCompiler -o OUTPUT SOURCE...");
      System.exit(2);
    }
    Path output = Path.of(arguments[1]).toAbsolutePath();
    List<Path> sources = Stream.of(arguments).skip(2).map(Path::of).toList();
    Files.createDirectories(output.resolveSibling(""));
    try {
      System.err.print(new GuestCompiler().compile(sources, output, List.of()));
    } catch (GuestCompilationException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}

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
 * Compiles C programs to guests with gcc. A guest is a static executable. It is linked with the
 * guest library, and with glibc if {@link #withLibc} asks for it. The same sources and options
 * produce the same bytes. The compiler gets names and options in UTF-8, in every locale.
 *
 * <p>Many threads can use one compiler at the same time.
 */
public final class GuestCompiler {
  private static final String STATIC_PIE = "-static-pie";

  /**
   * The files of the guest library. The library is small and is compiled with each guest, so that
   * all options apply to it, too.
   */
  private static final List<String> LIBRARY =
      List.of("hyperlight.h", "hyperlight.c", "note.S", "memory.c", "start.S", "libc.c");

  /**
   * A kind of guest, and how to compile and link it.
   *
   * @param library the files of the guest library that are part of the guest
   */
  private record Kind(
      List<String> library, List<String> compilerOptions, List<String> linkerOptions) {
    static final Kind FREESTANDING =
        new Kind(
            List.of("hyperlight.c", "note.S", "memory.c", "start.S"),
            List.of(
                "-ffreestanding",
                "-fPIE",
                // Only a libc sets up what the stack protector and shadow stacks need.
                "-fno-stack-protector",
                "-fcf-protection=none",
                "-fvisibility=hidden",
                "-ffunction-sections",
                "-fdata-sections"),
            List.of(STATIC_PIE, "-nostdlib", "-Wl,--entry=hl_start", "-Wl,--gc-sections"));

    static final Kind LIBC = withLibc("-static", "-fno-pie");

    /**
     * A position-independent guest with a libc. It has no -static: gcc would then link the start
     * code of a program that is not position-independent.
     */
    static final Kind LIBC_PIE = withLibc(STATIC_PIE, "-fPIE");

    private static Kind withLibc(String linked, String compiled) {
      return new Kind(
          List.of("hyperlight.c", "note.S", "libc.c"),
          List.of("-DHL_LIBC", compiled),
          List.of(
              linked,
              // The library's main comes between the libc's start and the program's main.
              "-Wl,--wrap=main",
              // --gc-sections may be among the options. References exist only to the start and the
              // end of the function table, so the linker would drop its entries.
              "-Wl,-z,nostart-stop-gc"));
    }
  }

  private static final List<String> COMPILER_OPTIONS =
      List.of("-std=gnu17", "-O2", "-Wall", "-Wextra");

  private static final List<String> LINKER_OPTIONS =
      List.of(
          // No page is both code and data, and none is writable and executable.
          "-Wl,-z,separate-code", "-Wl,-z,noexecstack", "-Wl,--build-id=none");

  private final String compiler;
  private final boolean libc;

  /** Makes a compiler for guests without a libc. It runs {@code gcc} from the PATH. */
  public GuestCompiler() {
    this("gcc");
  }

  /**
   * Makes a compiler for guests without a libc. It runs another program that takes gcc's options.
   *
   * @param compiler the path of the program, or its name on the PATH
   */
  public GuestCompiler(String compiler) {
    this(compiler, false);
  }

  private GuestCompiler(String compiler, boolean libc) {
    this.compiler = compiler;
    this.libc = libc;
  }

  /**
   * Returns the same compiler for guests with a libc. These guests can use all of C's standard
   * library, and other static libraries that need a libc. Everything is linked statically.
   *
   * @return a new compiler. This one stays as it is
   */
  public GuestCompiler withLibc() {
    return new GuestCompiler(compiler, true);
  }

  /**
   * Compiles and links a guest.
   *
   * @param sources C and assembler files
   * @param output the path of the guest. An existing file is replaced
   * @param options more options for the compiler. They come after the sources and the built-in
   *     options
   * @return the output of the compiler, such as warnings. It is empty if there are none
   * @throws GuestCompilationException if there are no sources or one cannot be read, if the
   *     compiler or the libc is missing, if the compiler fails, or if the thread is interrupted
   * @throws UncheckedIOException if the temporary folder for the guest library cannot be used
   */
  public String compile(List<Path> sources, Path output, List<String> options) {
    if (sources.isEmpty()) {
      throw new GuestCompilationException("no source files to compile");
    }
    for (Path source : sources) {
      if (!Files.isReadable(source)) {
        throw new GuestCompilationException("cannot read " + CompilerArguments.of(source));
      }
    }
    try {
      Path library = Files.createTempDirectory("hyperlight-sdk");
      try {
        unpackLibrary(library);
        List<String> command = new ArrayList<>(List.of(compiler));
        command.addAll(
            CompilerArguments.passable(arguments(library, sources, output, options), library));
        Outcome outcome = run(command);
        if (!outcome.succeeded()) {
          throw new GuestCompilationException(problem(outcome));
        }
        return outcome.said();
      } finally {
        delete(library);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot prepare the guest library: " + e.getMessage(), e);
    }
  }

  private List<String> arguments(
      Path library, List<Path> sources, Path output, List<String> options) {
    Kind kind = kind(options);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(COMPILER_OPTIONS);
    arguments.addAll(kind.compilerOptions());
    // As a system header, hyperlight.h causes no warnings about the code of its macros.
    arguments.addAll(List.of("-isystem", library.toString()));
    // The output must not contain paths of this machine.
    arguments.add("-ffile-prefix-map=" + library + "=hyperlight");
    sources.forEach(source -> arguments.add(CompilerArguments.of(source)));
    kind.library().forEach(name -> arguments.add(library.resolve(name).toString()));
    arguments.addAll(kind.linkerOptions());
    arguments.addAll(LINKER_OPTIONS);
    arguments.addAll(options);
    arguments.addAll(List.of("-o", CompilerArguments.of(output)));
    return arguments;
  }

  private Kind kind(List<String> options) {
    if (!libc) {
      return Kind.FREESTANDING;
    }
    return options.contains(STATIC_PIE) ? Kind.LIBC_PIE : Kind.LIBC;
  }

  /** The exit status of the compiler, and its output. */
  private record Outcome(int status, String said) {
    boolean succeeded() {
      return status == 0;
    }
  }

  private static Outcome run(List<String> command) throws IOException {
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
      return new Outcome(process.waitFor(), said);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new GuestCompilationException("interrupted while compiling");
    }
  }

  private String problem(Outcome outcome) throws IOException {
    // Without a libc, gcc prints screens of errors. None of them says that the libc is missing.
    if (libc && !hasLibc()) {
      return "there is no static libc: install it (apt-get install libc6-dev)";
    }
    return outcome.said().isBlank()
        ? compiler + " failed with status " + outcome.status()
        : outcome.said().strip();
  }

  /** Returns whether gcc finds libc.a. If not, it prints the name unchanged instead of a path. */
  private boolean hasLibc() throws IOException {
    Outcome outcome = run(List.of(compiler, "-print-file-name=libc.a"));
    return !outcome.said().strip().equals("libc.a");
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
   * Compiles a guest from the command line. Builds use this.
   *
   * @param arguments {@code [--libc] -o OUTPUT SOURCE...}
   */
  public static void main(String[] arguments) throws IOException {
    boolean libc = arguments.length > 0 && arguments[0].equals("--libc");
    List<String> words = List.of(arguments).subList(libc ? 1 : 0, arguments.length);
    if (words.size() < 3 || !words.getFirst().equals("-o")) {
      System.err.println("usage: GuestCompiler [--libc] -o OUTPUT SOURCE...");
      System.exit(2);
    }
    Path output = Path.of(words.get(1)).toAbsolutePath();
    List<Path> sources = words.stream().skip(2).map(Path::of).toList();
    Files.createDirectories(output.resolveSibling(""));
    GuestCompiler compiler = new GuestCompiler();
    try {
      System.err.print((libc ? compiler.withLibc() : compiler).compile(sources, output, List.of()));
    } catch (GuestCompilationException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}

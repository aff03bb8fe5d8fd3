package io.hyperlight.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.Guest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Guests that tests contain as Rust source text. Each is compiled once and kept in the build
 * folder, under a name that is a hash of everything it depends on. Cargo must not use the network.
 */
public final class RustGuest {
  /** The message where there is no cargo. */
  public static final String NO_CARGO =
      "cannot run cargo: install Rust 1.85 or newer (Debian 12: apt-get install rustc-web"
          + " cargo-web, later: apt-get install cargo)";

  private static final Path FOLDER = Path.of("target", "test-guests", "rust").toAbsolutePath();

  /** The crate that guests use. */
  private static final Path CRATE = Path.of("..", "guest", "rust").toAbsolutePath().normalize();

  /** How a program is compiled. */
  public enum Kind {
    /** Without the standard library. */
    CORE(false, "release", "abort"),
    /** Without optimisation, with checks for overflow. */
    CORE_DEBUG(false, "dev", "abort"),
    /** With the standard library. */
    STD(true, "release", "unwind"),
    STD_DEBUG(true, "dev", "unwind"),
    STD_WITHOUT_UNWINDING(true, "release", "abort");

    private final boolean std;
    private final String profile;
    private final String panic;

    Kind(boolean std, String profile, String panic) {
      this.std = std;
      this.profile = profile;
      this.panic = panic;
    }

    /** The same without optimisation. */
    public Kind debug() {
      return std ? STD_DEBUG : CORE_DEBUG;
    }

    public boolean hasStd() {
      return std;
    }

    /** Returns where cargo puts programs, in its target folder. */
    private Path output() {
      Path folder = Path.of(profile.equals("dev") ? "debug" : profile);
      return std ? Path.of("x86_64-unknown-linux-gnu").resolve(folder) : folder;
    }
  }

  /** The first lines of a program without the standard library. */
  private static final String CORE_HEAD = "#![no_std]\n#![no_main]\n";

  /**
   * The configuration that makes a program with the standard library static, and its place in a
   * package.
   */
  private static final Path STD_CONFIGURATION =
      CRATE.resolve(Path.of("hello-std", ".cargo", "config.toml"));

  /** Before the path of an object file, in the first line of a program that is linked with it. */
  private static final String LINK = "// linked with ";

  private static final ConcurrentHashMap<List<String>, Guest> GUESTS = new ConcurrentHashMap<>();

  private RustGuest() {}

  /** The guest that this program, a main.rs, compiles to. */
  public static Guest of(String source) {
    return of(Kind.CORE, source);
  }

  /** The guest that this program compiles to with the standard library. */
  public static Guest std(String source) {
    return of(Kind.STD, source);
  }

  /**
   * The guest that this program compiles to. One that is written without the standard library can
   * be compiled with it, too: its lines keep their numbers.
   */
  public static Guest of(Kind kind, String source) {
    return GUESTS.computeIfAbsent(
        List.of(source, kind.name()), _ -> Guest.load(keptOrCompiled(source, kind)));
  }

  /** Returns the file that this program compiles to. It must not be changed. */
  public static Path fileOf(Kind kind, String source) {
    return keptOrCompiled(source, kind);
  }

  private static String adapted(Kind kind, String source) {
    return kind.std && source.startsWith(CORE_HEAD)
        ? "\n\n" + source.substring(CORE_HEAD.length()) + "\nfn main() {}\n"
        : source;
  }

  /** The guest that this program compiles to, with C functions for Java linked along. */
  public static Guest with(String cSource, String source) {
    return GUESTS.computeIfAbsent(
        List.of(source, cSource),
        _ -> {
          try {
            Files.createDirectories(FOLDER);
            Path c = Files.createTempFile(FOLDER, "linked", ".c");
            Path object = FOLDER.resolve(hash(cSource, "object") + ".o");
            Files.writeString(c, cSource);
            Command.run(
                    "gcc",
                    "-std=gnu17",
                    "-O2",
                    "-ffreestanding",
                    "-fPIE",
                    "-fno-stack-protector",
                    "-fcf-protection=none",
                    "-isystem",
                    CRATE.resolveSibling("c").toString(),
                    "-c",
                    c.toString(),
                    "-o",
                    object.toString())
                .outputOfSuccess();
            Files.delete(c);
            return Guest.load(keptOrCompiled(LINK + object + "\n" + source, Kind.CORE));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static Path keptOrCompiled(String source, Kind kind) {
    try {
      String hash = hash(source, kind.name());
      Path guest = FOLDER.resolve(hash);
      if (!Files.exists(guest)) {
        Command.Result result = build(hash, source, kind, true);
        if (result.status() != 0) {
          throw new IllegalStateException(result.errors());
        }
        // Other JVMs may compile the same program now.
        Path copy = Files.createTempFile(FOLDER, "copy", "");
        Path built = FOLDER.resolve("target").resolve(kind.output());
        Files.copy(built.resolve(nameOf(hash)), copy, StandardCopyOption.REPLACE_EXISTING);
        Files.move(copy, guest, StandardCopyOption.ATOMIC_MOVE);
      }
      return guest;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the compiler's messages for a program that it refuses. */
  public static String errorsOf(String source) {
    return errorsOf(Kind.CORE_DEBUG, source, true);
  }

  /**
   * Returns the compiler's messages where nothing makes a program with the standard library static.
   */
  public static String errorsOfDynamic(String source) {
    return errorsOf(Kind.STD_DEBUG, source, false);
  }

  private static String errorsOf(Kind kind, String source, boolean configured) {
    try {
      Command.Result result = build(hash(source, "check"), source, kind, configured);
      if (result.status() == 0) {
        throw new AssertionError("the compiler takes it:\n" + source);
      }
      return result.errors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nameOf(String hash) {
    return "guest-" + hash.substring(0, 16);
  }

  /**
   * Uses a package of its own for every program. The crates that all of them use are compiled once.
   */
  private static Command.Result build(String hash, String source, Kind kind, boolean configured)
      throws IOException {
    Path folder = FOLDER.resolve("packages", hash);
    Files.createDirectories(folder.resolve("src"));
    Files.writeString(folder.resolve("src", "main.rs"), adapted(kind, source));
    Files.writeString(
        folder.resolve("build.rs"),
        """
        fn main() {
            hyperlight_build::guest();
            %s
        }
        """
            .formatted(
                source.startsWith(LINK)
                    ? "println!(\"cargo:rustc-link-arg-bins=%s\");"
                        .formatted(
                            source.lines().findFirst().orElseThrow().substring(LINK.length()))
                    : ""));
    Files.writeString(
        folder.resolve("Cargo.toml"),
        """
        [package]
        name = "%s"
        version = "0.0.0"
        edition = "2024"

        [dependencies]
        hyperlight = { path = "%s", features = [%s] }

        [build-dependencies]
        hyperlight-build = { path = "%s" }

        [profile.%s]
        panic = "%s"

        [workspace]
        """
            .formatted(
                nameOf(hash),
                CRATE,
                kind.std ? "\"std\"" : "",
                CRATE.resolve("build"),
                kind.profile,
                kind.panic));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "build",
                "--color=never",
                "--profile=" + kind.profile,
                "--manifest-path=" + folder.resolve("Cargo.toml")));
    if (kind.std && configured) {
      arguments.add("--config=" + STD_CONFIGURATION);
    }
    return cargo(arguments);
  }

  /** Runs cargo, in the crate's own workspace if the arguments name no other. */
  public static Command.Result cargo(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("cargo", arguments.getFirst()));
    command.addAll(List.of("--quiet", "--offline", "--target-dir=" + FOLDER.resolve("target")));
    command.addAll(arguments.subList(1, arguments.size()));
    if (arguments.stream().noneMatch(argument -> argument.startsWith("--manifest-path"))) {
      command.add("--manifest-path=" + CRATE.resolve("Cargo.toml"));
    }
    try {
      return Command.run(command);
    } catch (UncheckedIOException e) {
      throw new IllegalStateException(NO_CARGO);
    }
  }

  /** The guest in the folder hello of the crate. */
  public static Guest example() {
    return example(Kind.CORE, "hello", List.of("build", "--release", "--package=hello"));
  }

  /** The guest in the folder hello-std of the crate. */
  public static Guest stdExample() {
    return example(Kind.STD, "hello-std", ofStdExample("build", "--release"));
  }

  /** Arguments for cargo to do something with the guest in the folder hello-std of the crate. */
  public static List<String> ofStdExample(String... what) {
    List<String> arguments = new ArrayList<>(List.of(what));
    arguments.add("--manifest-path=" + CRATE.resolve(Path.of("hello-std", "Cargo.toml")));
    // Cargo looks for it where it runs.
    arguments.add("--config=" + STD_CONFIGURATION);
    return arguments;
  }

  private static Guest example(Kind kind, String name, List<String> arguments) {
    Command.Result result = cargo(arguments);
    if (result.status() != 0) {
      throw new IllegalStateException(result.errors());
    }
    return Guest.load(FOLDER.resolve("target").resolve(kind.output()).resolve(name));
  }

  private static String hash(String source, String kind) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : sourcesOfTheCrate()) {
        digest.update(CRATE.relativize(file).toString().getBytes(UTF_8));
        digest.update(Files.readAllBytes(file));
      }
      digest.update(kind.getBytes(UTF_8));
      digest.update((byte) 0);
      digest.update(source.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static List<Path> sourcesOfTheCrate() throws IOException {
    List<Path> sources =
        new ArrayList<>(
            List.of(CRATE.resolve("Cargo.toml"), CRATE.resolve("build.rs"), STD_CONFIGURATION));
    for (String folder : List.of("src", "macros/src", "build/src")) {
      try (Stream<Path> files = Files.walk(CRATE.resolve(folder))) {
        files.filter(Files::isRegularFile).sorted().forEach(sources::add);
      }
    }
    return sources;
  }
}

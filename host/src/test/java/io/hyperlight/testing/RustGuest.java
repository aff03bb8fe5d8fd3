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
 * Guests that tests bring along as Rust source text. Each is compiled once and kept in the build
 * folder, under a name that is a hash of all that went into it. Cargo is not to use the network.
 */
public final class RustGuest {
  /** What is told where there is no cargo. */
  public static final String NO_CARGO =
      "cannot run cargo: install Rust 1.85 or newer (Debian 12: apt-get install rustc-web"
          + " cargo-web, later: apt-get install cargo)";

  private static final Path FOLDER = Path.of("target", "test-guests", "rust").toAbsolutePath();

  /** The crate that guests use. */
  private static final Path CRATE = Path.of("..", "guest", "rust").toAbsolutePath().normalize();

  /** Before the path of an object file, in the first line of a program that is linked with it. */
  private static final String LINK = "// linked with ";

  private static final ConcurrentHashMap<List<String>, Guest> GUESTS = new ConcurrentHashMap<>();

  private RustGuest() {}

  /** The guest that this program, a main.rs, compiles to. */
  public static Guest of(String source) {
    return load(source, "release");
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
            return Guest.load(keptOrCompiled(LINK + object + "\n" + source, "release"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** The guest that this program compiles to without optimisation, with checks for overflow. */
  public static Guest debugOf(String source) {
    return load(source, "dev");
  }

  private static Guest load(String source, String profile) {
    return GUESTS.computeIfAbsent(
        List.of(source, profile), _ -> Guest.load(keptOrCompiled(source, profile)));
  }

  private static Path keptOrCompiled(String source, String profile) {
    try {
      String hash = hash(source, profile);
      Path guest = FOLDER.resolve(hash);
      if (!Files.exists(guest)) {
        Command.Result result = build(hash, source, profile);
        if (result.status() != 0) {
          throw new IllegalStateException(result.errors());
        }
        // Other JVMs may compile the same program now.
        Path copy = Files.createTempFile(FOLDER, "copy", "");
        Path built = FOLDER.resolve("target", profile.equals("dev") ? "debug" : profile);
        Files.copy(built.resolve(nameOf(hash)), copy, StandardCopyOption.REPLACE_EXISTING);
        Files.move(copy, guest, StandardCopyOption.ATOMIC_MOVE);
      }
      return guest;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the compiler says to a program that it refuses. */
  public static String errorsOf(String source) {
    try {
      Command.Result result = build(hash(source, "check"), source, "dev");
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

  /** A package of its own for every program; the crates that all of them use are compiled once. */
  private static Command.Result build(String hash, String source, String profile)
      throws IOException {
    Path folder = FOLDER.resolve("packages", hash);
    Files.createDirectories(folder.resolve("src"));
    Files.writeString(folder.resolve("src", "main.rs"), source);
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
        hyperlight = { path = "%s" }

        [build-dependencies]
        hyperlight-build = { path = "%s" }

        [profile.dev]
        panic = "abort"

        [profile.release]
        panic = "abort"

        [workspace]
        """
            .formatted(nameOf(hash), CRATE, CRATE.resolve("build")));
    return cargo(
        List.of(
            "build",
            "--color=never",
            "--profile=" + profile,
            "--manifest-path=" + folder.resolve("Cargo.toml")));
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
    Command.Result result = cargo(List.of("build", "--release", "--package=hello"));
    if (result.status() != 0) {
      throw new IllegalStateException(result.errors());
    }
    return Guest.load(FOLDER.resolve("target", "release", "hello"));
  }

  private static String hash(String source, String profile) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : sourcesOfTheCrate()) {
        digest.update(CRATE.relativize(file).toString().getBytes(UTF_8));
        digest.update(Files.readAllBytes(file));
      }
      digest.update(profile.getBytes(UTF_8));
      digest.update((byte) 0);
      digest.update(source.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static List<Path> sourcesOfTheCrate() throws IOException {
    List<Path> sources = new ArrayList<>(List.of(CRATE.resolve("Cargo.toml")));
    for (String folder : List.of("src", "macros/src", "build/src")) {
      try (Stream<Path> files = Files.walk(CRATE.resolve(folder))) {
        files.filter(Files::isRegularFile).sorted().forEach(sources::add);
      }
    }
    return sources;
  }
}

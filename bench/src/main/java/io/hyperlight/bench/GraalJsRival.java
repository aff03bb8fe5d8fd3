package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs JavaScript in GraalJS, in another JVM. That JVM takes the times itself. */
final class GraalJsRival implements Rival {
  private final Process process;
  private final DataOutputStream questions;
  private final DataInputStream answers;
  private final String title;

  GraalJsRival() {
    try {
      process =
          new ProcessBuilder(Java.command(GraalJsProgram.class, options(), List.of())).start();
      questions = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
      answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
      title = "GraalJS, " + started();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String started() throws IOException {
    try {
      return answers.readUTF();
    } catch (EOFException e) {
      String said = String.join("\n", process.errorReader(UTF_8).readAllLines());
      throw new IllegalStateException("GraalJS does not start:\n" + said, e);
    }
  }

  /**
   * Returns the options that GraalJS's documentation names for a JDK other than GraalVM. They turn
   * on JVMCI and add the compiler as modules. A JDK without JVMCI only interprets. Then the title
   * says so.
   */
  private static List<String> options() {
    List<String> options = new ArrayList<>(List.of("--sun-misc-unsafe-memory-access=allow"));
    boolean hasInterface = ModuleFinder.ofSystem().find("jdk.internal.vm.ci").isPresent();
    Path compiler = compiler();
    if (hasInterface && Files.isDirectory(compiler)) {
      options.addAll(
          List.of(
              "-XX:+UnlockExperimentalVMOptions",
              "-XX:+EnableJVMCI",
              "--upgrade-module-path=" + compiler));
    }
    return options;
  }

  /** {@return the folder of the compiler. The build puts it beside the folder of this class} */
  private static Path compiler() {
    try {
      Path classes =
          Path.of(GraalJsRival.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path folder = Files.isDirectory(classes) ? classes : classes.resolveSibling("");
      return folder.toAbsolutePath().resolveSibling("graal-compiler");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void ask(String row, long[] nanos) throws IOException {
    questions.writeUTF(row);
    questions.writeInt(nanos.length);
    questions.flush();
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = answers.readLong();
    }
  }

  @Override
  public String title() {
    return title;
  }

  /**
   * This JVM must compile its compiler first. On two cores, it reaches its best times after five
   * seconds.
   */
  @Override
  public int warmUps() {
    return 50;
  }

  @Override
  public Sampler first() {
    return nanos -> ask("first", nanos);
  }

  @Override
  public Sampler call() {
    return nanos -> ask("call", nanos);
  }

  @Override
  public Sampler fresh() {
    return nanos -> ask("fresh", nanos);
  }

  @Override
  public Sampler compute() {
    return nanos -> ask("compute", nanos);
  }

  @Override
  public void close() {
    process.destroy();
  }
}

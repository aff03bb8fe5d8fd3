package io.hyperlight.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Another program that a test runs to its end. */
public final class Command {
  /**
   * How it ended.
   *
   * @param status its exit status
   * @param output its standard output
   * @param errors its standard error
   */
  public record Result(int status, String output, String errors) {
    /** The standard output of a program that has to succeed. */
    public String outputOfSuccess() {
      if (status != 0) {
        throw new AssertionError("exit status " + status + "\n" + output + errors);
      }
      return output;
    }

    /**
     * Returns the values that a successful program has printed in lines of the form {@code name:
     * value}.
     */
    public Map<String, String> valuesOfSuccess() {
      return outputOfSuccess()
          .lines()
          .filter(line -> line.contains(": "))
          .map(line -> line.split(": ", 2))
          .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    }
  }

  private Command() {}

  /** Runs a program with nothing on its standard input. */
  public static Result run(List<String> command) {
    try {
      Path errors = Files.createTempFile("command", ".err");
      try {
        Process process =
            new ProcessBuilder(passable(command, "")).redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(process.waitFor(), output, Files.readString(errors));
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a program in the root folder, with an empty environment.
   *
   * @param input the program's standard input
   * @return what the program wrote, as bytes
   */
  public static RawResult runAlone(List<String> command, byte[] input) {
    try {
      Path errors = Files.createTempFile("command", ".err");
      Path in = Files.write(Files.createTempFile("command", ".in"), input);
      try {
        ProcessBuilder builder =
            new ProcessBuilder(passable(command, "env -i "))
                .directory(new File("/"))
                .redirectInput(in.toFile())
                .redirectError(errors.toFile());
        builder.environment().clear();
        Process process = builder.start();
        byte[] output = process.getInputStream().readAllBytes();
        return new RawResult(process.waitFor(), output, Files.readAllBytes(errors));
      } finally {
        Files.delete(errors);
        Files.delete(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * How it ended.
   *
   * @param status its exit status
   * @param output its standard output
   * @param errors its standard error
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record RawResult(int status, byte[] output, byte[] errors) {}

  /**
   * Returns the same command in a form that Java can start in any locale, since Java encodes
   * arguments by the locale.
   *
   * @param prefix the command by which a shell starts it
   */
  private static List<String> passable(List<String> command, String prefix) throws IOException {
    if (command.stream().allMatch(word -> word.chars().allMatch(c -> c < 0x80))) {
      return command;
    }
    StringBuilder script = new StringBuilder("exec " + prefix);
    command.forEach(word -> script.append(" '").append(word.replace("'", "'\\''")).append('\''));
    Path file = TemporaryFolder.create("command").resolve("script");
    return List.of("/bin/sh", Files.writeString(file, script).toString());
  }

  /** Runs a program with nothing on its standard input. */
  public static Result run(String... command) {
    return run(List.of(command));
  }
}

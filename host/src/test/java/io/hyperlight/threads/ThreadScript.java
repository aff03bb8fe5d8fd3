package io.hyperlight.threads;

import static io.hyperlight.testing.CompiledGuest.program;
import static io.hyperlight.testing.CompiledGuest.withLibc;

import io.hyperlight.Guest;
import io.hyperlight.testing.SourceFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A generated program of threads, for an interpreter in C. It is a list of steps in one order. Each
 * thread makes those in which it takes part, and waits only for the others of the same step. So it
 * never ends in a deadlock, and its result is the same however the threads take turns: {@link
 * ThreadScriptModel} knows it without running it.
 */
record ThreadScript(List<ThreadStep> steps) {
  /** How often a script that fails is run again to find a shorter one. */
  private static final int TRIES = 150;

  ThreadScript {
    steps = List.copyOf(steps);
  }

  private static String interpreter() {
    return Stream.of(
            "script/script.h.c",
            "script/alone.c",
            "script/helpers.c",
            "script/together.c",
            "script/meetings.c",
            "script/script.c")
        .map(file -> SourceFile.of(ThreadScript.class, file))
        .collect(Collectors.joining());
  }

  /**
   * Returns the interpreter as a static program, which reads a script and prints its result.
   *
   * @param compiler which brings its C library
   */
  static Path interpreter(String compiler) {
    return program(interpreter(), compiler, "-static").toAbsolutePath();
  }

  /** Returns the interpreter as a guest with functions. */
  static Guest interpretingGuest() {
    return withLibc(
        "#define _GNU_SOURCE\n#define GUEST\n#include <hyperlight.h>\n" + interpreter());
  }

  /** Returns the script as the interpreter reads it. */
  byte[] bytes() {
    ByteBuffer bytes =
        ByteBuffer.allocate(steps.size() * ThreadStep.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    steps.forEach(step -> step.write(bytes));
    return bytes.array();
  }

  /** Returns what it prints. */
  String result() {
    return new ThreadScriptModel(this).result();
  }

  /**
   * Runs the script.
   *
   * @param run returns what the script prints
   * @throws AssertionError if that is wrong; it has a shorter script that is wrong as well
   */
  void check(String name, Function<ThreadScript, String> run) {
    @Nullable String problem = problem(run);
    if (problem != null) {
      ThreadScript shorter = shortened(script -> script.problem(run) != null);
      throw new AssertionError(
          "%s: %s\nof %d steps these are enough, at times: %s\n%s"
              .formatted(name, problem, steps.size(), shorter.problem(run), shorter));
    }
  }

  private @Nullable String problem(Function<ThreadScript, String> run) {
    String expected = result();
    try {
      String found = run.apply(this).strip();
      return found.equals(expected) ? null : "'%s' instead of '%s'".formatted(found, expected);
    } catch (RuntimeException e) {
      return String.valueOf(e);
    }
  }

  /** Leaves out steps as long as it fails. */
  private ThreadScript shortened(Predicate<ThreadScript> fails) {
    ThreadScript best = this;
    int tries = 0;
    for (int size = Math.max(1, steps.size() / 2); size > 0; size /= 2) {
      for (int at = 0; at < best.steps.size() && tries < TRIES; at += size) {
        ThreadScript shorter = best.without(at, at + size);
        if (shorter.steps.size() < best.steps.size()) {
          tries++;
          if (fails.test(shorter)) {
            best = shorter;
            at -= size;
          }
        }
      }
    }
    return best;
  }

  private ThreadScript without(int from, int to) {
    List<ThreadStep> rest = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (i < from || i >= to || !steps.get(i).kind().mayBeMissing()) {
        rest.add(steps.get(i));
      }
    }
    return new ThreadScript(rest);
  }

  @Override
  public String toString() {
    return steps.stream().map(ThreadStep::toString).collect(Collectors.joining("\n"));
  }
}

package io.hyperlight.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fuzz target with the inputs that were kept, among them all that ever found something, and
 * with {@code -Dhyperlight.fuzz.inputs=500} seeded ones. How to look for more is in
 * docs/testing.md.
 */
@Tag("slow")
class FuzzTest {
  private static final Path CORPORA = Path.of("src", "test", "resources", "fuzz");

  /** This file has many inputs, one per line. Each other file is one input that found a bug. */
  private static final String CORPUS = "corpus";

  private static final int INPUTS = Integer.getInteger("hyperlight.fuzz.inputs", 500);

  static List<String> parsers() {
    return FuzzTargets.PARSERS;
  }

  static List<String> machines() {
    return FuzzTargets.MACHINES;
  }

  @ParameterizedTest
  @MethodSource("parsers")
  @NotInHardwareLane("No VM takes part.")
  void whateverAParserGetsItTakesOrRefuses(String target) throws IOException {
    tryAll(target, INPUTS);
  }

  @ParameterizedTest
  @MethodSource("machines")
  @NotInHardwareLane("Too many inputs; those that once found something are tried there.")
  void whateverAMachineGetsItStaysWhatItIs(String target) throws IOException {
    tryAll(target, INPUTS);
  }

  @ParameterizedTest
  @MethodSource("machines")
  void whatOnceFoundSomethingFindsNothing(String target) throws IOException {
    try (FuzzSession session = new FuzzSession(target)) {
      for (byte[] input : kept(target, file -> !file.endsWith(CORPUS))) {
        tryInput(session, input);
      }
      session.check();
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "hyperlight.fuzz.replay", matches = ".+")
  @NotInHardwareLane("For use by hand.")
  void oneInputIsTriedAgain() throws IOException {
    try (FuzzSession session = new FuzzSession(System.getProperty("hyperlight.fuzz.target", ""))) {
      session.tryInput(Files.readAllBytes(Path.of(System.getProperty("hyperlight.fuzz.replay"))));
      session.check();
    }
  }

  private static void tryAll(String target, int seeded) throws IOException {
    List<byte[]> kept = kept(target, file -> true);
    assertThat(kept).isNotEmpty();
    SeededInputs inputs = new SeededInputs(Seeds.all().findFirst().orElseThrow(), kept);
    try (FuzzSession session = new FuzzSession(target)) {
      for (byte[] input : kept) {
        tryInput(session, input);
      }
      for (int i = 0; i < seeded; i++) {
        tryInput(session, inputs.next());
      }
      session.check();
    }
  }

  private static void tryInput(FuzzSession session, byte[] input) {
    try {
      session.tryInput(input);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("with " + Base64.getEncoder().encodeToString(input), e);
    }
  }

  private static List<byte[]> kept(String target, Predicate<Path> which) throws IOException {
    List<byte[]> inputs = new ArrayList<>();
    try (Stream<Path> files = Files.list(CORPORA.resolve(target))) {
      for (Path file : files.filter(which).sorted().toList()) {
        if (file.endsWith(CORPUS)) {
          Files.readAllLines(file).forEach(line -> inputs.add(Base64.getDecoder().decode(line)));
        } else {
          inputs.add(Files.readAllBytes(file));
        }
      }
    }
    return inputs;
  }
}

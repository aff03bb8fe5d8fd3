package io.hyperlight.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.util.Map;
import java.util.Objects;

/**
 * GraalJS in a JVM of its own, because its compiler needs options that should not change what ours
 * is measured with. Says what runs the language; then answers questions, each a row and a number of
 * samples, with the samples.
 */
final class GraalJsProgram {
  private GraalJsProgram() {}

  public static void main(String[] arguments) throws Throwable {
    DataInputStream questions = new DataInputStream(new BufferedInputStream(System.in));
    DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(System.out));
    try (Rival functions = new GraalJsFunctions()) {
      Map<String, Sampler> samplers =
          Map.of(
              "first", functions.first(),
              "call", functions.call(),
              "fresh", functions.fresh(),
              "compute", functions.compute());
      answers.writeUTF(functions.title());
      answers.flush();
      answer(questions, answers, samplers);
    }
  }

  private static void answer(
      DataInputStream questions, DataOutputStream answers, Map<String, Sampler> samplers)
      throws Throwable {
    while (true) {
      String row;
      try {
        row = questions.readUTF();
      } catch (EOFException e) {
        return; // nobody asks any more
      }
      long[] nanos = new long[questions.readInt()];
      Objects.requireNonNull(samplers.get(row), row).sample(nanos);
      for (long sample : nanos) {
        answers.writeLong(sample);
      }
      answers.flush();
    }
  }
}

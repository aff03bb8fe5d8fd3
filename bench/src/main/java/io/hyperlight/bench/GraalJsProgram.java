package io.hyperlight.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.util.Map;
import java.util.Objects;

/**
 * A program that runs GraalJS in a JVM of its own. GraalJS's compiler needs JVM options that must
 * not change the measurements of the library. The program first writes what runs the language. Then
 * it answers questions. A question is a row and a number of samples, and the answer is the samples.
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
        return; // There are no more questions.
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

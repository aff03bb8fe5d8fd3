package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.Arrays;

/**
 * A program that answers requests, in a sandbox or as a child process. It needs no other class of
 * this project. A request has numbers. The answer has a number, and the nanoseconds that computing
 * it took. In a sandbox, the input ends after each request. A child process ends with its input.
 */
final class ServedJava {
  private static final int MAX_REQUEST = 1 << 16;

  private ServedJava() {}

  public static void main(String[] arguments) throws IOException {
    byte[] request = new byte[MAX_REQUEST];
    boolean ended = false;
    while (true) {
      int length = System.in.read(request);
      if (length <= 0) {
        if (ended) {
          return;
        }
        ended = true;
        continue;
      }
      ended = false;
      long begin = System.nanoTime();
      String text = answer(new String(request, 0, length, ISO_8859_1));
      long nanos = System.nanoTime() - begin;
      System.out.write((text + " " + nanos + "\n").getBytes(ISO_8859_1));
      System.out.flush();
    }
  }

  /** Sorts the numbers, and sums them multiplied with their places. */
  static String answer(String request) {
    String[] words = request.strip().split(",", -1);
    int[] numbers = new int[words.length];
    for (int i = 0; i < words.length; i++) {
      numbers[i] = Integer.parseInt(words[i]);
    }
    Arrays.sort(numbers);
    long sum = 0;
    for (int i = 0; i < numbers.length; i++) {
      sum += (i + 1L) * numbers[i];
    }
    return Long.toString(sum);
  }
}

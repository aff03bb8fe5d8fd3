package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Runs the floor as a child process that answers questions. The floor is a C program with bare KVM.
 */
final class Floor implements AutoCloseable {
  private final Process process;

  private Floor(Process process) {
    this.process = process;
  }

  /** Compiles the program and starts it. */
  static Floor start() {
    return start(FloorProgram.file());
  }

  private static Floor start(Path program) {
    try {
      return new Floor(new ProcessBuilder(program.toString()).start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the C floor: " + e.getMessage(), e);
    }
  }

  /**
   * Lets the floor measure something.
   *
   * @param count the number of samples that are wanted
   * @return the samples, in nanoseconds unless the question has another unit
   */
  long[] ask(Question question, int count) {
    try {
      OutputStream questions = process.getOutputStream();
      questions.write(
          "%s %d %d\n".formatted(question.name(), count, question.argument()).getBytes(UTF_8));
      questions.flush();
      long[] samples = new long[Math.toIntExact(words(1).getLong())];
      words(samples.length).asLongBuffer().get(samples);
      return samples;
    } catch (IOException e) {
      throw new UncheckedIOException("the C floor: " + e.getMessage(), e);
    }
  }

  private ByteBuffer words(int count) throws IOException {
    byte[] bytes = process.getInputStream().readNBytes(count * Long.BYTES);
    if (bytes.length < count * Long.BYTES) {
      throw new IOException(process.errorReader(UTF_8).readAllLines().toString());
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Ends the program. */
  @Override
  public void close() {
    process.destroy();
  }
}

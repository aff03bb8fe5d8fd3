package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;

/** A runtime in a child process, which answers over pipes. */
final class ServedChild implements AutoCloseable {
  private final Process process;
  private final OutputStream requests;
  private final BufferedReader answers;

  private ServedChild(Process process) {
    this.process = process;
    requests = process.getOutputStream();
    answers = process.inputReader(ISO_8859_1);
  }

  static ServedChild start(ServedRuntime runtime) throws IOException {
    return new ServedChild(
        new ProcessBuilder(runtime.command())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Returns the answer to a request. */
  String serve(byte[] request) throws IOException {
    requests.write(request);
    requests.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the child process has ended");
    }
    return answer;
  }

  /** Ends the process and waits for its end. */
  @Override
  public void close() throws IOException {
    requests.close();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("the child process failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    } finally {
      answers.close();
    }
  }
}

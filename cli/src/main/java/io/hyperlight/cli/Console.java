package io.hyperlight.cli;

import io.hyperlight.HostStreams;
import io.hyperlight.error.GuestStreamException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Sets up the standard streams of the command. They use UTF-8 in every locale, and write errors are
 * not lost. A command whose output cannot be written fails as a native command does.
 */
final class Console {
  /** 128 plus the number of SIGPIPE. A shell reports it for a command whose reader has gone. */
  static final int BROKEN_PIPE = 141;

  private static @Nullable RememberedErrors output;

  private Console() {}

  /** Keeps the first error of a stream. {@link PrintStream} does not report which error it had. */
  private static final class RememberedErrors extends FilterOutputStream {
    private @Nullable IOException error;

    RememberedErrors(OutputStream stream) {
      super(stream);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        error = error == null ? e : error;
        throw e;
      }
    }
  }

  /** Makes this process's descriptors 0, 1 and 2 the standard streams of Java. */
  static void install() {
    RememberedErrors remembered = new RememberedErrors(HostStreams.output());
    output = remembered;
    System.setOut(new PrintStream(remembered, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(HostStreams.error(), true, StandardCharsets.UTF_8));
    System.setIn(HostStreams.input());
  }

  /**
   * Returns the stream for a guest's standard output. The guest itself gets the stream's errors.
   */
  static OutputStream guestOutput() {
    System.out.flush();
    return output == null ? System.out : HostStreams.output();
  }

  /** Returns the stream for a guest's standard error. */
  static OutputStream guestErrors() {
    System.err.flush();
    return output == null ? System.err : HostStreams.error();
  }

  /** Returns the stream for a guest's standard input. */
  static InputStream guestInput() {
    return System.in;
  }

  /**
   * Flushes the output and returns the exit status of the command.
   *
   * @param status the status so far. It becomes a failure if the output could not be written
   */
  static int finish(int status) {
    System.out.flush();
    IOException error = output == null ? null : output.error;
    if (error == null) {
      return status;
    }
    if (error instanceof GuestStreamException told && told.errno() == GuestStreamException.EPIPE) {
      return status == 0 ? BROKEN_PIPE : status;
    }
    System.err.println("hyperlight: cannot write to standard output: " + error.getMessage());
    return status == 0 ? ExitStatus.FAILED : status;
  }
}

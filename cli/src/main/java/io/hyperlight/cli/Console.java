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
 * The standard streams of the command: UTF-8 whatever the locale, and with errors that are noticed.
 * A command whose output cannot be written fails as a native one does.
 */
final class Console {
  /** 128 and the number of SIGPIPE: what a shell tells of a command whose reader has gone. */
  static final int BROKEN_PIPE = 141;

  private static @Nullable RememberedErrors output;

  private Console() {}

  /** Keeps the first error of a stream, which {@link PrintStream} does not tell. */
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

  /** Makes this process's descriptors the standard streams of Java. */
  static void install() {
    RememberedErrors remembered = new RememberedErrors(HostStreams.output());
    output = remembered;
    System.setOut(new PrintStream(remembered, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(HostStreams.error(), true, StandardCharsets.UTF_8));
    System.setIn(HostStreams.input());
  }

  /** Where a guest's standard output goes: it hears of errors itself. */
  static OutputStream guestOutput() {
    System.out.flush();
    return output == null ? System.out : HostStreams.output();
  }

  /** Where a guest's standard error goes. */
  static OutputStream guestErrors() {
    System.err.flush();
    return output == null ? System.err : HostStreams.error();
  }

  /** Where a guest's standard input comes from. */
  static InputStream guestInput() {
    return System.in;
  }

  /** The status that a command ends with, which is a failure if its output could not be written. */
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

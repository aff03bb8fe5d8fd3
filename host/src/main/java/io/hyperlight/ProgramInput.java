package io.hyperlight;

import io.hyperlight.error.GuestStreamException;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.vfs.FileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** Reads a program's standard input from the embedder's stream. */
final class ProgramInput implements StandardStreams.Input {
  private static final int LARGEST_READ = 1 << 16;

  private final InputStream stream;

  ProgramInput(InputStream stream) {
    this.stream = stream;
  }

  @Override
  public byte[] read(int most) {
    byte[] buffer = new byte[Math.min(most, LARGEST_READ)];
    try {
      int length = stream.read(buffer);
      return Arrays.copyOf(buffer, Math.max(length, 0));
    } catch (GuestStreamException | InterruptedIOException e) {
      throw new FileException(StreamOutput.errno(e));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the program's input", e);
    }
  }

  @Override
  public boolean mayWait() {
    return !(stream instanceof ByteArrayInputStream);
  }
}

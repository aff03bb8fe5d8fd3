package io.hyperlight;

import io.hyperlight.guest.GuestOutput;
import io.hyperlight.guest.LimitPassedException;
import java.io.ByteArrayOutputStream;

/** Collects what a program prints, up to a limit, unless the embedder has a stream for it. */
final class ProgramOutput implements GuestOutput {
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private final boolean streamsOutput;
  private final boolean streamsError;
  private final StreamOutput streams;
  private final long mostBytes;

  ProgramOutput(boolean streamsOutput, boolean streamsError, StreamOutput streams, long mostBytes) {
    this.streamsOutput = streamsOutput;
    this.streamsError = streamsError;
    this.streams = streams;
    this.mostBytes = mostBytes;
  }

  @Override
  public void print(byte[] bytes, boolean toError) {
    if (toError ? streamsError : streamsOutput) {
      streams.print(bytes, toError);
      return;
    }
    if (bytes.length > mostBytes - output.size() - error.size()) {
      throw new LimitPassedException("its output is longer than %d bytes".formatted(mostBytes));
    }
    (toError ? error : output).writeBytes(bytes);
  }

  @Override
  public void log(int level, String message) {
    streams.log(level, message);
  }

  byte[] output() {
    return output.toByteArray();
  }

  byte[] error() {
    return error.toByteArray();
  }
}

package io.hyperlight;

import io.hyperlight.internal.call.GuestOutput;
import java.io.ByteArrayOutputStream;

/**
 * Collects what a program prints, unless the embedder has a stream for it. Limits are counted
 * elsewhere.
 */
final class ProgramOutput implements GuestOutput {
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private final boolean streamsOutput;
  private final boolean streamsError;
  private final StreamOutput streams;

  ProgramOutput(boolean streamsOutput, boolean streamsError, StreamOutput streams) {
    this.streamsOutput = streamsOutput;
    this.streamsError = streamsError;
    this.streams = streams;
  }

  @Override
  public void print(byte[] bytes, boolean toError) {
    if (toError ? streamsError : streamsOutput) {
      streams.print(bytes, toError);
      return;
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

package io.hyperlight;

import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.value.ProgramUsage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a {@link Program} ended, and what it left behind. Immutable. */
public final class ProgramResult {
  private final int status;
  private final byte[] output;
  private final byte[] error;
  private final ProgramUsage usage;
  private final Map<String, Long> refusedSystemCalls;
  private final GuestFiles files;
  private final @Nullable HyperlightException failure;

  ProgramResult(
      int status,
      byte[] output,
      byte[] error,
      ProgramUsage usage,
      Map<String, Long> refusedSystemCalls,
      GuestFiles files,
      @Nullable HyperlightException failure) {
    this.status = status;
    this.output = output;
    this.error = error;
    this.usage = usage;
    this.refusedSystemCalls = refusedSystemCalls;
    this.files = files;
    this.failure = failure;
  }

  /**
   * {@return the exit status, 0 to 255. As shells have it, 128 and the signal's number for a
   * program that was ended by a signal: 134 after {@code abort}, 139 after a bad access to memory}
   */
  public int status() {
    return status;
  }

  /**
   * {@return a copy of what it wrote to its standard output; nothing if that went to a stream of
   * the embedder's}
   */
  public byte[] output() {
    return output.clone();
  }

  /** {@return its output, read as UTF-8} */
  public String outputText() {
    return new String(output, StandardCharsets.UTF_8);
  }

  /**
   * {@return a copy of what it wrote to its standard error; nothing if that went to a stream of the
   * embedder's}
   */
  public byte[] error() {
    return error.clone();
  }

  /** {@return its standard error, read as UTF-8} */
  public String errorText() {
    return new String(error, StandardCharsets.UTF_8);
  }

  /** {@return what it has used} */
  public ProgramUsage usage() {
    return usage;
  }

  /**
   * {@return how often which Linux system calls were refused because they are not granted, by name,
   * in the order in which they were first refused: what to look at if the program did not do what
   * it should}
   */
  public Map<String, Long> refusedSystemCalls() {
    return refusedSystemCalls;
  }

  /** {@return what it left in the trees of files that it could write} */
  public GuestFiles files() {
    return files;
  }

  /**
   * {@return what went wrong, if the status is not 0: its message has the program's last words, and
   * what it needed that a sandbox does not have, such as threads; after a fault it is a {@link
   * GuestFaultException} with the registers}
   */
  public Optional<HyperlightException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * This result, if the program ended with status 0.
   *
   * @return this
   * @throws GuestExitException if it ended with another status
   * @throws GuestAbortException if it ended by a signal of its own
   * @throws GuestFaultException if it did what it may not
   */
  public ProgramResult orThrow() {
    if (failure != null) {
      throw failure;
    }
    return this;
  }

  @Override
  public String toString() {
    return "ProgramResult[status %d, %d bytes of output]".formatted(status, output.length);
  }
}

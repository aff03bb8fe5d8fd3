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

/** Reports how a {@link Program} ended, and what it wrote and used. Immutable. */
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
   * {@return the exit status, 0 to 255. As in a shell, it is 128 plus the signal's number if a
   * signal ended the program: 134 after {@code abort}, 139 after an invalid memory access}
   */
  public int status() {
    return status;
  }

  /**
   * {@return a copy of what the program wrote to its standard output; empty if that went to a
   * stream of the embedder}
   */
  public byte[] output() {
    return output.clone();
  }

  /** {@return the program's standard output, decoded as UTF-8} */
  public String outputText() {
    return new String(output, StandardCharsets.UTF_8);
  }

  /**
   * {@return a copy of what the program wrote to its standard error; empty if that went to a stream
   * of the embedder}
   */
  public byte[] error() {
    return error.clone();
  }

  /** {@return the program's standard error, decoded as UTF-8} */
  public String errorText() {
    return new String(error, StandardCharsets.UTF_8);
  }

  /** {@return the time, system calls and memory that the program used} */
  public ProgramUsage usage() {
    return usage;
  }

  /**
   * {@return how often each Linux system call was refused because it is not granted, by name, in
   * the order in which they were first refused. Look here first if the program did not do what it
   * should}
   */
  public Map<String, Long> refusedSystemCalls() {
    return refusedSystemCalls;
  }

  /** {@return the files that the program left in the trees that it can write} */
  public GuestFiles files() {
    return files;
  }

  /**
   * {@return the failure, if the status is not 0. Its message has the last lines that the program
   * wrote, and names what the program needed and a sandbox does not have, such as threads. After a
   * fault it is a {@link GuestFaultException} with the registers}
   */
  public Optional<HyperlightException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Returns this result if the program ended with status 0, and throws otherwise.
   *
   * @return this result
   * @throws GuestExitException if the program ended with another status
   * @throws GuestAbortException if the program ended by a signal of its own
   * @throws GuestFaultException if the program did something that is not allowed
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

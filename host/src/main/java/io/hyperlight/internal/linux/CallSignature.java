package io.hyperlight.internal.linux;

import java.util.List;

/**
 * What a system call takes and returns, for showing it.
 *
 * @param arguments what each argument is
 * @param result what its result is
 */
record CallSignature(List<ArgumentKind> arguments, Result result) {
  /** How a result that is no error is shown. */
  enum Result {
    NUMBER,
    ADDRESS,
    OCTAL,
    /** A number of descriptors that are ready, which are shown. */
    READY,
    /** As the command of {@code fcntl(2)} has it. */
    BY_COMMAND
  }

  CallSignature {
    arguments = List.copyOf(arguments);
  }
}

package io.hyperlight;

import java.util.List;

/**
 * A system call that a guest made and got an answer to.
 *
 * @param name as in section 2 of the manual; {@code system call 4711} for a number that is none
 * @param arguments the six registers of arguments, of which most calls use fewer
 * @param result what the guest got; from -4095 to -1 a negated error number of {@code errno(3)}
 */
public record SystemCall(String name, List<Long> arguments, long result) {
  /** Keeps a copy of the arguments. */
  public SystemCall {
    arguments = List.copyOf(arguments);
  }
}

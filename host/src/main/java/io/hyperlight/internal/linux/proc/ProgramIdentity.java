package io.hyperlight.internal.linux.proc;

import java.util.List;

/**
 * Holds a program's path and arguments, for {@code /proc/self}.
 *
 * @param path the guest's path to it, with one character per byte
 * @param arguments with the program's name first, also with one character per byte
 */
public record ProgramIdentity(String path, List<String> arguments) {
  /** The identity of a program without a given name. */
  public static final ProgramIdentity DEFAULT = new ProgramIdentity("/guest", List.of("guest"));

  public ProgramIdentity {
    arguments = List.copyOf(arguments);
  }
}

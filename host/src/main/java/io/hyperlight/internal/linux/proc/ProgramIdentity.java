package io.hyperlight.internal.linux.proc;

import java.util.List;

/**
 * Holds a program's path and arguments, for {@code /proc/self}.
 *
 * @param path by which it was started, with one character per byte
 * @param file the guest's path to the file itself, which differs if {@code path} is a symbolic link
 * @param arguments with the program's name first, also with one character per byte
 */
public record ProgramIdentity(String path, String file, List<String> arguments) {
  /** The identity of a program without a given name. */
  public static final ProgramIdentity DEFAULT =
      new ProgramIdentity("/guest", "/guest", List.of("guest"));

  public ProgramIdentity {
    arguments = List.copyOf(arguments);
  }
}

package io.hyperlight.internal.linux.proc;

import java.util.List;

/**
 * What a program is called, for {@code /proc/self}.
 *
 * @param path the guest's path to it, with one character a byte
 * @param arguments with the program's name first, likewise
 */
public record ProgramIdentity(String path, List<String> arguments) {
  /** A program that nobody has given a name. */
  public static final ProgramIdentity DEFAULT = new ProgramIdentity("/guest", List.of("guest"));

  public ProgramIdentity {
    arguments = List.copyOf(arguments);
  }
}

package io.hyperlight.internal.loader;

import java.util.List;

/**
 * How a program is started. Strings have one character a byte, none of them zero.
 *
 * @param path where the guest believes the program's file to be
 * @param arguments the program's name first
 * @param environment of the form {@code NAME=VALUE}
 */
public record Invocation(String path, List<String> arguments, List<String> environment) {
  /** What a guest with functions finds. */
  public static final Invocation OF_GUEST = new Invocation("guest", List.of("guest"), List.of());
}

package io.hyperlight.internal.loader;

import java.util.List;

/**
 * How a program is started. Each character of a string is one byte and not zero.
 *
 * @param path of the program's file, as the guest sees it
 * @param arguments the program's name first
 * @param environment of the form {@code NAME=VALUE}
 */
public record Invocation(String path, List<String> arguments, List<String> environment) {
  /** The invocation of a guest with functions. */
  public static final Invocation OF_GUEST = new Invocation("guest", List.of("guest"), List.of());
}

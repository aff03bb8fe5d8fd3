package io.hyperlight.spi;

import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Something that a guest finds beside what all guests have. It is no part of the guest's state:
 * wherever a file of it is open, a new {@link Channel} is asked for when a sandbox is made or
 * restored, so that what host code remembers of one request cannot reach the next.
 */
public sealed interface Extension {
  /** {@return where channels come from; asked on any thread, also on several at once} */
  Supplier<? extends Channel> opener();

  /**
   * A pseudo device: a character device at a path. Each time a guest opens it, it gets a channel of
   * its own.
   *
   * @param path below {@code /dev} or {@code /proc}, normalised, of letters, digits and {@code ._-}
   * @param opener gives a new channel
   */
  record Device(String path, Supplier<? extends Channel> opener) implements Extension {
    private static final Pattern PATHS =
        Pattern.compile("/(dev|proc)(/(?!\\.{1,2}(/|$))[A-Za-z0-9._-]{1,64}){1,8}");

    /**
     * Checks the path.
     *
     * @throws IllegalArgumentException if it is no such path
     */
    public Device {
      if (!PATHS.matcher(path).matches()) {
        throw new IllegalArgumentException(
            "path \"" + path + "\": a pseudo device lies below /dev or /proc");
      }
    }
  }

  /**
   * A descriptor that is open when the guest starts, to be read and written. It looks like a socket
   * to the guest only in that it cannot be sought; to {@code fstat} it is a pipe.
   *
   * @param number of the descriptor, 3 to 255
   * @param opener gives a new channel
   */
  record Descriptor(int number, Supplier<? extends Channel> opener) implements Extension {
    private static final int MIN_NUMBER = 3;
    private static final int MAX_NUMBER = 255;

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is not 3 to 255
     */
    public Descriptor {
      if (number < MIN_NUMBER || number > MAX_NUMBER) {
        throw new IllegalArgumentException(
            "descriptor %d: must be %d to %d".formatted(number, MIN_NUMBER, MAX_NUMBER));
      }
    }
  }
}

package io.hyperlight.spi;

import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Something that a guest finds in addition to what all guests have. It is not part of the guest's
 * state. When a sandbox is made or restored, each open file of the extension gets a new {@link
 * Channel}. So what host code remembers of one request cannot reach the next.
 */
public sealed interface Extension {
  /** {@return the supplier of channels; it is called on any thread, also on several at once} */
  Supplier<? extends Channel> opener();

  /**
   * A pseudo device: a character device at a path. Each time a guest opens it, the guest gets a new
   * channel.
   *
   * @param path a path below {@code /dev} or {@code /proc}, normalised, of letters, digits and
   *     {@code ._-}
   * @param opener returns a new channel
   */
  record Device(String path, Supplier<? extends Channel> opener) implements Extension {
    private static final Pattern PATHS =
        Pattern.compile("/(dev|proc)(/(?!\\.{1,2}(/|$))[A-Za-z0-9._-]{1,64}){1,8}");

    /**
     * Checks the path.
     *
     * @throws IllegalArgumentException if the path is not of that form
     */
    public Device {
      if (!PATHS.matcher(path).matches()) {
        throw new IllegalArgumentException(
            "path \"" + path + "\": a pseudo device lies below /dev or /proc");
      }
    }
  }

  /**
   * A descriptor that is open for reading and writing when the guest starts. Like a socket it does
   * not support seeking, but {@code fstat} reports a pipe.
   *
   * @param number the number of the descriptor, 3 to 255
   * @param opener returns a new channel
   */
  record Descriptor(int number, Supplier<? extends Channel> opener) implements Extension {
    private static final int MIN_NUMBER = 3;
    private static final int MAX_NUMBER = 255;

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if the number is not 3 to 255
     */
    public Descriptor {
      if (number < MIN_NUMBER || number > MAX_NUMBER) {
        throw new IllegalArgumentException(
            "descriptor %d: must be %d to %d".formatted(number, MIN_NUMBER, MAX_NUMBER));
      }
    }
  }
}

package io.hyperlight.linux;

/**
 * Which stream each of the three descriptors is: 0 to 2, or -1 for a closed one.
 *
 * @param input descriptor 0
 * @param output descriptor 1
 * @param error descriptor 2
 */
public record StandardStreams(int input, int output, int error) {
  /** As they are at first. */
  public static final StandardStreams INITIAL = new StandardStreams(0, 1, 2);

  static StandardStreams of(int[] streams) {
    return new StandardStreams(streams[0], streams[1], streams[2]);
  }

  int[] toArray() {
    return new int[] {input, output, error};
  }
}

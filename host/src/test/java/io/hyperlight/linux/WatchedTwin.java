package io.hyperlight.linux;

/**
 * Compares a program with Linux, in a library that is loaded once more. For {@link
 * io.hyperlight.internal.linux.ChangingMemoryTest}.
 */
public final class WatchedTwin implements Runnable {
  private final String file;

  /** Makes the comparison of a file beside these tests. */
  public WatchedTwin(String file) {
    this.file = file;
  }

  @Override
  public void run() {
    LinuxTwin.of(file).assertSame(1);
  }
}

package io.hyperlight.internal.linux.fd;

/** Records whether open files differ from the state to which the world was restored. */
final class Changes {
  private boolean any = true;

  void note() {
    any = true;
  }

  void forget() {
    any = false;
  }

  boolean any() {
    return any;
  }
}

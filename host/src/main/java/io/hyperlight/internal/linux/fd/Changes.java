package io.hyperlight.internal.linux.fd;

/** Whether anything about open files differs from the state that a world was restored to. */
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

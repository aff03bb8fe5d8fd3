package io.hyperlight.linux;

/** Whether anything about descriptors is different from the state they were restored to. */
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

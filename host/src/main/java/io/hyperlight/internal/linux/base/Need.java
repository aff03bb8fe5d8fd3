package io.hyperlight.internal.linux.base;

/** Names what a guest asked for and no sandbox has. Programs seldom work without it. */
public enum Need {
  THREADS("threads, which a sandbox without exits does not have"),
  MORE_THREADS("more threads than its limits allow"),
  PROCESSES("other processes"),
  NETWORK("a network");

  private final String text;

  Need(String text) {
    this.text = text;
  }

  /** Returns the words that follow "guest needs". */
  String text() {
    return text;
  }
}

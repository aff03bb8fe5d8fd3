package io.hyperlight.internal.linux.base;

/** What a guest asked for that no sandbox has, and programs seldom do without. */
public enum Need {
  THREADS("threads"),
  PROCESSES("other processes"),
  NETWORK("a network"),
  TIMERS("timers that send signals"),
  EVENTS("descriptors for events");

  private final String text;

  Need(String text) {
    this.text = text;
  }

  /** In words that go behind "guest needs". */
  String text() {
    return text;
  }
}

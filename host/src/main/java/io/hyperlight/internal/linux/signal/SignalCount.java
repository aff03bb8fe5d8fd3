package io.hyperlight.internal.linux.signal;

/** How many signals of a process and its tasks are queued with their information. */
final class SignalCount {
  private int queued;

  int queued() {
    return queued;
  }

  void add(int more) {
    queued += more;
  }
}

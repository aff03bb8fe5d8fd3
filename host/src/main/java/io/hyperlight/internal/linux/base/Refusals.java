package io.hyperlight.internal.linux.base;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts refused system calls, and remembers those that may have made a program fail. */
public final class Refusals {
  /** Null before the first refusal. */
  private @Nullable Map<String, Long> counts;

  /** What the program asked for in the embedder's current call; null for nothing. */
  private @Nullable String need;

  /** Begins the embedder's next call. */
  public void beginCall() {
    need = null;
  }

  /** Forgets all refusals. */
  public void clear() {
    if (counts != null) {
      counts.clear();
    }
    need = null;
  }

  /**
   * Counts a refused system call.
   *
   * @param name one of a small set: a hostile number must not make the table grow
   */
  public void count(String name) {
    Map<String, Long> there = counts;
    if (there == null) {
      there = new LinkedHashMap<>();
      counts = there;
    }
    there.merge(name, 1L, Long::sum);
  }

  /** Returns how often each call was refused, in the order of first refusal. */
  public Map<String, Long> counts() {
    return counts == null ? new LinkedHashMap<>() : new LinkedHashMap<>(counts);
  }

  /**
   * Remembers a need that may make the program fail.
   *
   * @param call the system call that asked for it
   */
  public void need(Need what, String call) {
    String wanted = "%s (%s)".formatted(what.text(), call);
    if (need == null) {
      need = "guest needs " + wanted;
    } else if (!need.contains(wanted)) { // there are few of them
      need += ", " + wanted;
    }
  }

  /** Adds to what a program is stuck at what it was refused. */
  public String explainStuck(String what) {
    return need == null ? what : what + "; " + need;
  }

  /** Adds to a guest's last message what it asked for in the same call and no sandbox has. */
  public String explain(String message) {
    if (need == null) {
      return message;
    }
    return message.isEmpty() ? need : message + " (" + need + ")";
  }
}

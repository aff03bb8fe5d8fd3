package io.hyperlight.internal.linux.base;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which system calls were refused, and which of them a program may have failed over. */
public final class Refusals {
  /** Null before the first. */
  private @Nullable Map<String, Long> counts;

  /** What the program asked for in this call of the embedder's; null for nothing. */
  private @Nullable String need;

  /** The embedder's next call begins. */
  public void beginCall() {
    need = null;
  }

  /** Forgets all. */
  public void clear() {
    if (counts != null) {
      counts.clear();
    }
    need = null;
  }

  /**
   * Counts a system call that was refused.
   *
   * @param name of which there are not many: a hostile number is not to make the table grow
   */
  public void count(String name) {
    Map<String, Long> there = counts;
    if (there == null) {
      there = new LinkedHashMap<>();
      counts = there;
    }
    there.merge(name, 1L, Long::sum);
  }

  /** How often each was refused, in the order of first refusal. */
  public Map<String, Long> counts() {
    return counts == null ? new LinkedHashMap<>() : new LinkedHashMap<>(counts);
  }

  /**
   * Remembers what a program may fail over.
   *
   * @param call which system call asked for it
   */
  public void need(Need what, String call) {
    String wanted = "%s (%s)".formatted(what.text(), call);
    if (need == null) {
      need = "guest needs " + wanted;
    } else if (!need.contains(wanted)) { // there are few of them
      need += ", " + wanted;
    }
  }

  /** What a program is stuck at, with what it was refused. */
  public String explainStuck(String what) {
    return need == null ? what : what + "; " + need;
  }

  /** A guest's last words, and what it asked for in the same call that no sandbox has. */
  public String explain(String message) {
    if (need == null) {
      return message;
    }
    return message.isEmpty() ? need : message + " (" + need + ")";
  }
}

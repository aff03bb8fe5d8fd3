package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.TaskWait;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that tasks use in calls that wait. Such a call goes on with its file, even if another
 * task closes the descriptor meanwhile. After a restore, it looks for its descriptor again.
 */
final class HeldFiles {
  private final Map<TaskWait, OpenFile> files = new HashMap<>(0);

  boolean isEmpty() {
    return files.isEmpty();
  }

  /** Returns the file with which a call goes on; null if it has just begun. */
  @Nullable OpenFile find(TaskWait waiting) {
    if (waiting.state() == TaskWait.State.NONE) {
      release(waiting);
      return null;
    }
    return files.get(waiting);
  }

  /** Keeps a file for a call that waits. */
  void hold(TaskWait waiting, OpenFile file) {
    if (!files.containsKey(waiting)) {
      file.changes();
      file.retain();
      files.put(waiting, file);
    }
  }

  /** Drops what was kept for a call that is over. */
  void release(TaskWait waiting) {
    OpenFile file = files.remove(waiting);
    if (file != null) {
      file.release();
    }
  }

  /** Drops everything, since the calls begin again. */
  void clear() {
    List<OpenFile> held = List.copyOf(files.values());
    files.clear();
    held.forEach(OpenFile::release);
  }
}

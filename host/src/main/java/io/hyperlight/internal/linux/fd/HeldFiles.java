package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.BlockedException;
import io.hyperlight.internal.linux.wait.TaskWait;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The files that tasks use in calls that wait. Such a call goes on with its file, even if another
 * task closes the descriptor meanwhile. After a restore, it looks for its descriptor again.
 */
final class HeldFiles {
  /** Immutable and empty until a call waits. */
  private Map<TaskWait, OpenFile> files = Map.of();

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
      if (files.isEmpty()) {
        files = new HashMap<>();
      }
      files.put(waiting, file);
    }
  }

  /**
   * Makes a call with the file of its descriptor, or with the one with which it has waited.
   *
   * @param find looks the descriptor up
   */
  <T extends OpenFile> long call(
      TaskWait waiting, Class<T> kind, Supplier<T> find, ToLongFunction<T> call) {
    OpenFile before = find(waiting);
    T file = kind.isInstance(before) ? kind.cast(before) : find.get();
    boolean waits = false;
    try {
      return call.applyAsLong(file);
    } catch (BlockedException e) {
      waits = true;
      hold(waiting, file);
      throw e;
    } finally {
      if (!waits) {
        release(waiting);
      }
    }
  }

  /** Drops what was kept for a call that is over. */
  void release(TaskWait waiting) {
    if (!files.isEmpty()) {
      OpenFile file = files.remove(waiting);
      if (file != null) {
        file.release();
      }
    }
  }

  /** Drops everything, since the calls begin again. */
  void clear() {
    Map<TaskWait, OpenFile> held = files;
    files = Map.of();
    held.values().forEach(OpenFile::release);
  }
}

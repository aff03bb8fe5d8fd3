package io.hyperlight.internal.linux.base;

import io.hyperlight.internal.os.Errno;

/**
 * Holds the numbers of a task, its process and its user.
 *
 * @param process {@code getpid(2)}, which is also its group and its session
 * @param thread {@code gettid(2)}
 * @param parent {@code getppid(2)}; 0 for none
 * @param user the user it runs as; also the number of its group
 */
public record TaskIdentity(int process, int thread, int parent, int user) {
  /** {@code nobody}: the user of every process, and the owner of every file. */
  public static final int NOBODY = 65534;

  /** The identity of a world's first task. */
  public static final TaskIdentity FIRST = new TaskIdentity(1, 1, 0, NOBODY);

  /**
   * Returns the process that a number means; 0 means the caller's own.
   *
   * @return its number, or -ESRCH if it is not the caller's own
   */
  public long own(int number) {
    return number == 0 || number == process ? process : -Errno.ESRCH;
  }
}

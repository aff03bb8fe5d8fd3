package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.vfs.FileException;
import java.nio.charset.StandardCharsets;

/** Holds attributes of a process, most of them of {@code prctl(2)}. */
public final class ProcessAttributes implements Restorable<ProcessState> {
  /** {@code PROC_NUMBUF} of the kernel, less a zero byte. */
  private static final int NUMBER_SIZE = 12;

  /** {@code OOM_SCORE_ADJ_MAX}. */
  private static final int MAX_BADNESS = 1000;

  /**
   * Holds attributes that have no effect here but can be read.
   *
   * @param dumpable 1 or 0
   * @param deathSignal a signal or 0
   * @param subreaper 1 or 0
   * @param noHugePages 1 or 0
   * @param keepsCapabilities 1 or 0
   * @param badness from 0 to 1000; of {@code /proc/self/oom_score_adj}
   */
  public record State(
      int dumpable,
      int deathSignal,
      int subreaper,
      int noHugePages,
      int keepsCapabilities,
      int badness) {
    /** The attributes of a new process. */
    static final State INITIAL = new State(1, 0, 0, 0, 0, 0);
  }

  private State now = State.INITIAL;

  /** The commands of {@code membarrier(2)} that the process may use. */
  private int barriers;

  public State state() {
    return now;
  }

  @Override
  public void restore(ProcessState earlier) {
    now = earlier.attributes();
    barriers = earlier.barriers();
  }

  void set(State wanted) {
    now = wanted;
  }

  /** Returns the commands of {@code membarrier(2)} that the process may use. */
  public int barriers() {
    return barriers;
  }

  /** Lets the process use more commands of {@code membarrier(2)}. */
  void registerBarriers(int commands) {
    barriers |= commands;
  }

  /**
   * Sets how soon the process is ended when memory runs out, which never happens: {@code
   * proc_pid_oom_score_adj(5)}.
   *
   * @param text a number
   * @return how many of its bytes were read
   * @throws FileException EINVAL, ERANGE, or EACCES for a number that needs privileges
   */
  public int setBadness(byte[] text) {
    int length = Math.min(text.length, NUMBER_SIZE);
    String number = new String(text, 0, length, StandardCharsets.ISO_8859_1).strip();
    long wanted = number(number);
    if (wanted != (int) wanted) {
      throw new FileException(Errno.ERANGE);
    }
    if (Math.abs(wanted) > MAX_BADNESS) {
      throw new FileException(Errno.EINVAL);
    }
    if (wanted < 0) {
      throw new FileException(Errno.EACCES);
    }
    now =
        new State(
            now.dumpable(),
            now.deathSignal(),
            now.subreaper(),
            now.noHugePages(),
            now.keepsCapabilities(),
            (int) wanted);
    return length;
  }

  /** Parses as {@code kstrtoint} of the kernel does, before it checks the range. */
  private static long number(String text) {
    try {
      if (!text.contains("#")) { // Java accepts this, the kernel does not
        return Long.decode(text);
      }
    } catch (NumberFormatException e) {
      // The caller reports the error.
    }
    throw new FileException(Errno.EINVAL);
  }
}

package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.ProcessState.Attributes;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The name and other attributes of the process: {@code prctl(2)}. */
final class PrctlCalls {
  private static final int PR_SET_PDEATHSIG = 1;
  private static final int PR_GET_PDEATHSIG = 2;
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_GET_KEEPCAPS = 7;
  private static final int PR_SET_KEEPCAPS = 8;
  private static final int PR_GET_TIMING = 13;
  private static final int PR_SET_TIMING = 14;
  private static final int PR_SET_NAME = 15;
  private static final int PR_GET_NAME = 16;
  private static final int PR_GET_SECCOMP = 21;
  private static final int PR_CAPBSET_READ = 23;
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_GET_TSC = 25;
  private static final int PR_GET_SECUREBITS = 27;
  private static final int PR_SET_SECUREBITS = 28;
  private static final int PR_SET_TIMERSLACK = 29;
  private static final int PR_GET_TIMERSLACK = 30;
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int PR_GET_CHILD_SUBREAPER = 37;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_GET_NO_NEW_PRIVS = 39;
  private static final int PR_SET_THP_DISABLE = 41;
  private static final int PR_GET_THP_DISABLE = 42;

  /** Of the secure bits, the one that PR_SET_KEEPCAPS sets. */
  private static final int SECURE_KEEP_CAPS = 4;

  private static final int LAST_CAPABILITY = 40;
  private static final int NAME_SIZE = 16;

  /** {@code PROC_NUMBUF} of the kernel, less a zero byte. */
  private static final int NUMBER_SIZE = 12;

  /** {@code OOM_SCORE_ADJ_MAX}. */
  private static final int MOST_BADNESS = 1000;

  private final SystemCalls guest;

  /** With one character a byte; null if the program has given none. */
  private @Nullable String name;

  private Attributes now = Attributes.INITIAL;

  PrctlCalls(SystemCalls guest) {
    this.guest = guest;
  }

  static void register(SystemCallTable table) {
    table.on(
        157, (guest, a, b, c, d, e, f) -> guest.process().attributes().prctl((int) a, b, c, d, e));
  }

  Attributes state() {
    return now;
  }

  @Nullable String ownName() {
    return name;
  }

  void restore(@Nullable String earlierName, Attributes earlier) {
    name = earlierName;
    now = earlier;
  }

  /** The name, as long as the program has not said otherwise its file's. */
  String name() {
    String own = name;
    if (own != null) {
      return own;
    }
    String path = guest.program().path();
    String file = path.substring(path.lastIndexOf('/') + 1);
    return file.substring(0, Math.min(file.length(), NAME_SIZE - 1));
  }

  /** Sets the name; what is too long is cut. Returns how many bytes there were. */
  int rename(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && end < NAME_SIZE - 1 && bytes[end] != 0) {
      end++;
    }
    name = new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    return bytes.length;
  }

  /**
   * Sets how soon the process is to be ended where memory runs out, which it never is: {@code
   * proc_pid_oom_score_adj(5)}.
   *
   * @param text a number
   * @return how many of its bytes were looked at
   * @throws FileException EINVAL, or EACCES for a number that takes rights
   */
  int setBadness(byte[] text) {
    int length = Math.min(text.length, NUMBER_SIZE);
    String number = new String(text, 0, length, StandardCharsets.ISO_8859_1).strip();
    long wanted = number(number);
    if (wanted != (int) wanted) {
      throw new FileException(Errno.ERANGE);
    }
    if (Math.abs(wanted) > MOST_BADNESS) {
      throw new FileException(Errno.EINVAL);
    }
    if (wanted < 0) {
      throw new FileException(Errno.EACCES);
    }
    now =
        new Attributes(
            now.dumpable(),
            now.deathSignal(),
            now.timerSlackNanos(),
            now.subreaper(),
            now.noHugePages(),
            now.keepsCapabilities(),
            (int) wanted);
    return length;
  }

  /** {@code kstrtoint} of the kernel, before it looks at the size. */
  private static long number(String text) {
    try {
      if (!text.contains("#")) { // which is Java's
        return Long.decode(text);
      }
    } catch (NumberFormatException e) {
      // It is told below.
    }
    throw new FileException(Errno.EINVAL);
  }

  private long prctl(int operation, long value, long third, long fourth, long fifth) {
    boolean alone = third == 0 && fourth == 0 && fifth == 0;
    return switch (operation) {
      case PR_SET_NAME -> {
        byte[] text = guest.mem().readString(value, NAME_SIZE - 1);
        rename(text != null ? text : guest.mem().read(value, NAME_SIZE - 1));
        yield 0;
      }
      case PR_GET_NAME -> {
        byte[] bytes = name().getBytes(StandardCharsets.ISO_8859_1);
        guest.mem().write(value, Arrays.copyOf(bytes, NAME_SIZE));
        yield 0;
      }
      case PR_GET_PDEATHSIG -> tell(value, now.deathSignal());
      case PR_GET_CHILD_SUBREAPER -> tell(value, now.subreaper());
      case PR_GET_TSC -> tell(value, 1); // it can be read
      case PR_GET_DUMPABLE -> now.dumpable();
      case PR_GET_KEEPCAPS -> now.keepsCapabilities();
      case PR_GET_TIMERSLACK -> now.timerSlackNanos();
      case PR_GET_TIMING, PR_GET_SECCOMP -> 0;
      case PR_GET_SECUREBITS -> now.keepsCapabilities() << SECURE_KEEP_CAPS;
      case PR_SET_TIMING -> value == 0 ? 0 : -Errno.EINVAL;
      case PR_CAPBSET_READ -> value >= 0 && value <= LAST_CAPABILITY ? 0 : -Errno.EINVAL;
      case PR_CAPBSET_DROP, PR_SET_SECUREBITS -> -Errno.EPERM;
      case PR_GET_NO_NEW_PRIVS -> value == 0 && alone ? 1 : -Errno.EINVAL;
      case PR_SET_NO_NEW_PRIVS -> value == 1 && alone ? 0 : -Errno.EINVAL;
      case PR_GET_THP_DISABLE -> value == 0 && alone ? now.noHugePages() : -Errno.EINVAL;
      case PR_SET_PDEATHSIG,
          PR_SET_DUMPABLE,
          PR_SET_KEEPCAPS,
          PR_SET_TIMERSLACK,
          PR_SET_CHILD_SUBREAPER,
          PR_SET_THP_DISABLE ->
          set(operation, value, alone);
      default -> -Errno.EINVAL;
    };
  }

  private long tell(long target, int value) {
    guest.mem().writeInt(target, value);
    return 0;
  }

  private long set(int operation, long value, boolean alone) {
    int death = now.deathSignal();
    int dumpable = now.dumpable();
    long slack = now.timerSlackNanos();
    int subreaper = now.subreaper();
    int noHugePages = now.noHugePages();
    int keeps = now.keepsCapabilities();
    boolean isBit = value == 0 || value == 1;
    int bit = value == 0 ? 0 : 1;
    boolean valid = true;
    switch (operation) {
      case PR_SET_PDEATHSIG -> {
        valid = value >= 0 && value <= SignalState.SIGNALS;
        death = (int) value;
      }
      case PR_SET_DUMPABLE -> {
        valid = isBit;
        dumpable = bit;
      }
      case PR_SET_KEEPCAPS -> {
        valid = isBit;
        keeps = bit;
      }
      case PR_SET_TIMERSLACK -> slack = value <= 0 ? Attributes.TIMER_SLACK : value;
      case PR_SET_CHILD_SUBREAPER -> subreaper = bit;
      default -> {
        valid = alone;
        noHugePages = bit;
      }
    }
    if (!valid) {
      return -Errno.EINVAL;
    }
    now = new Attributes(dumpable, death, slack, subreaper, noHugePages, keeps, now.badness());
    return 0;
  }
}

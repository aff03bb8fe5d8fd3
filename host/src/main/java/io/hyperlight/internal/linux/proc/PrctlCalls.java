package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.os.Errno;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Gets and sets the name of the thread, and attributes of the process: {@code prctl(2)}. */
public final class PrctlCalls {
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

  /** The one of the secure bits that PR_SET_KEEPCAPS sets. */
  private static final int SECURE_KEEP_CAPS = 4;

  private static final int LAST_CAPABILITY = 40;

  private final ProcessAttributes attributes;
  private final TaskAttributes own;
  private final GuestMemory memory;

  public PrctlCalls(ProcessAttributes attributes, TaskAttributes own, GuestMemory memory) {
    this.attributes = attributes;
    this.own = own;
    this.memory = memory;
  }

  public long prctl(int operation, long value, long third, long fourth, long fifth) {
    boolean alone = third == 0 && fourth == 0 && fifth == 0;
    ProcessAttributes.State now = attributes.state();
    return switch (operation) {
      case PR_SET_NAME -> {
        own.rename(memory.readPrefix(value, TaskAttributes.NAME_SIZE - 1));
        yield 0;
      }
      case PR_GET_NAME -> {
        byte[] bytes = own.name().getBytes(StandardCharsets.ISO_8859_1);
        memory.write(value, Arrays.copyOf(bytes, TaskAttributes.NAME_SIZE));
        yield 0;
      }
      case PR_GET_PDEATHSIG -> tell(value, now.deathSignal());
      case PR_GET_CHILD_SUBREAPER -> tell(value, now.subreaper());
      case PR_GET_TSC -> tell(value, 1); // the value can be read
      case PR_GET_DUMPABLE -> now.dumpable();
      case PR_GET_KEEPCAPS -> now.keepsCapabilities();
      case PR_GET_TIMERSLACK -> own.timerSlackNanos();
      case PR_SET_TIMERSLACK -> {
        own.setTimerSlack(value);
        yield 0;
      }
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
          PR_SET_CHILD_SUBREAPER,
          PR_SET_THP_DISABLE ->
          set(operation, value, alone);
      default -> -Errno.EINVAL;
    };
  }

  private long tell(long target, int value) {
    memory.writeInt(target, value);
    return 0;
  }

  private long set(int operation, long value, boolean alone) {
    ProcessAttributes.State now = attributes.state();
    int death = now.deathSignal();
    int dumpable = now.dumpable();
    int subreaper = now.subreaper();
    int noHugePages = now.noHugePages();
    int keeps = now.keepsCapabilities();
    boolean isBit = value == 0 || value == 1;
    int bit = value == 0 ? 0 : 1;
    boolean valid = true;
    switch (operation) {
      case PR_SET_PDEATHSIG -> {
        valid = value >= 0 && value <= Signals.COUNT;
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
      case PR_SET_CHILD_SUBREAPER -> subreaper = bit;
      default -> {
        valid = alone;
        noHugePages = bit;
      }
    }
    if (!valid) {
      return -Errno.EINVAL;
    }
    attributes.set(
        new ProcessAttributes.State(dumpable, death, subreaper, noHugePages, keeps, now.badness()));
    return 0;
  }
}

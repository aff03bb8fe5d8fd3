package io.hyperlight.internal.linux.signal;

/** The signals of Linux on x86-64 by number: {@code signal(7)}. */
public final class Signals {
  private static final String[] NAMES = {
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS"
  };

  /** The number of signals. Their numbers begin with 1. */
  public static final int COUNT = 64;

  public static final int SIGILL = 4;
  public static final int SIGTRAP = 5;
  static final int SIGABRT = 6;
  public static final int SIGBUS = 7;
  public static final int SIGFPE = 8;
  static final int SIGKILL = 9;
  public static final int SIGSEGV = 11;
  public static final int SIGPIPE = 13;
  public static final int SIGALRM = 14;
  private static final int SIGCHLD = 17;
  static final int SIGCONT = 18;
  static final int SIGSTOP = 19;
  private static final int SIGTTOU = 22;
  private static final int SIGURG = 23;
  public static final int SIGXFSZ = 25;
  public static final int SIGVTALRM = 26;
  public static final int SIGPROF = 27;
  private static final int SIGWINCH = 28;

  /** The first of the kernel's real-time signals. */
  static final int SIGRTMIN = 32;

  private Signals() {}

  /** Returns the bit of a signal in a set. */
  static long bit(int signal) {
    return 1L << (signal - 1);
  }

  /** Returns a signal's name. The name of a real-time signal is only its number. */
  public static String name(int signal) {
    return signal <= NAMES.length ? NAMES[signal - 1] : "signal " + signal;
  }

  /**
   * Returns how traces show a number in place of a signal.
   *
   * @param signal any number
   */
  public static String traced(int signal) {
    if (signal < 1 || signal > COUNT) {
      return Integer.toString(signal);
    }
    if (signal == SIGRTMIN) {
      return "SIGRTMIN";
    }
    return signal < SIGRTMIN ? NAMES[signal - 1] : "SIGRT_" + (signal - SIGRTMIN);
  }

  /**
   * Answers whether a signal has no effect unless the program has set an action. There are no
   * children that SIGCHLD could report. SIGTSTP, SIGTTIN and SIGTTOU have no effect because nothing
   * could continue a stopped process.
   */
  static boolean isIgnoredByDefault(int signal) {
    return signal == SIGURG
        || signal == SIGWINCH
        || (signal >= SIGCHLD && signal <= SIGTTOU && signal != SIGSTOP);
  }
}

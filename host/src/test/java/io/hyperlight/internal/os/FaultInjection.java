package io.hyperlight.internal.os;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes native calls of this library fail, and records what they have opened and mapped. For a JVM
 * of its own, since linked functions stay linked.
 */
public final class FaultInjection {
  private static final int SYS_TGKILL = 234;

  /** Calls that only report something and cannot fail. */
  private static final Set<String> ANSWERS = Set.of("sigtimedwait", "clock_gettime", "gettid");

  /**
   * Calls that need no resources, or lack them only for a moment. They release resources, or kick a
   * vCPU; without kicks, a guest in a loop would run for ever.
   */
  private static final Set<String> NEED_NOTHING = Set.of("close", "munmap", "tgkill");

  /** Calls that no signal interrupts, according to POSIX. */
  private static final Set<String> NEVER_INTERRUPTED = Set.of("pthread_sigmask", "sigaction");

  private static final Set<String> RETURN_LONG = Set.of("mmap", "pwrite", "syscall");

  private static final Map<String, Integer> NUMBERED =
      Map.of("fstat", 5, "pread", 17, "gettid", 186, "getdents64", 217, "readlinkat", 267);

  private static final long KVM_CREATE_VM = 0xae01;
  private static final long KVM_CREATE_VCPU = 0xae41;

  /** The beginning of the names of ioctls; their request follows. */
  public static final String IOCTL = "ioctl ";

  private static final int MAP_FIXED = 0x10;

  private static final MethodHandle CALL = findCall();

  /** The plan for the calls from now on. */
  private static @Nullable Plan plan;

  /** The open descriptors and mappings, with the calls that made them. */
  private static final Map<String, String> HELD = new TreeMap<>();

  /** Actions of the library that it must never take. */
  private static final List<String> MISTAKES = new ArrayList<>();

  /** The error of a call that cannot report it, until the call is repeated by one that can. */
  private static final ThreadLocal<Integer> UNSAID = new ThreadLocal<>();

  private FaultInjection() {}

  /**
   * A call that was made to fail.
   *
   * @param name of the function or the system call, or {@link #IOCTL} and a request
   */
  public record Failed(String name, int errno) {}

  /** The names of the failed calls, as of the last {@link #disarm}. */
  private static List<String> allFailed = List.of();

  /** Which calls fail. */
  public enum Extent {
    ONE,
    /** All calls from one on, except those that need no resources. */
    REST,
    /** Every other call, so that each repeated call fails once. */
    EVERY_OTHER
  }

  /** How calls fail. */
  private static final class Plan {
    private final int first;
    private final int errno;
    private final Extent extent;
    private int calls;
    private final List<String> names = new ArrayList<>();
    private @Nullable Failed failed;

    Plan(int first, int errno, Extent extent) {
      this.first = first;
      this.errno = errno;
      this.extent = extent;
    }

    boolean fails(String name) {
      calls++;
      boolean fails =
          switch (extent) {
            case ONE -> calls == first;
            case REST -> calls >= first && !NEED_NOTHING.contains(name);
            case EVERY_OTHER -> calls % 2 == first % 2;
          };
      if (fails) {
        names.add(name);
        failed = failed == null ? new Failed(name, errno) : failed;
      }
      return fails;
    }
  }

  /** Installs the injection. Call it before anything is linked. */
  public static void install() {
    Posix.interposer = FaultInjection::interpose;
  }

  /**
   * Makes calls fail.
   *
   * @param number of the first call to fail, counted from now on: 1 for the next one
   */
  public static synchronized void arm(int number, int errno, Extent extent) {
    plan = new Plan(number, errno, extent);
  }

  /** Stops the failures; returns the first call that failed, if any. */
  public static synchronized @Nullable Failed disarm() {
    Plan ended = plan;
    plan = null;
    allFailed = ended == null ? List.of() : List.copyOf(ended.names);
    return ended == null ? null : ended.failed;
  }

  /** Returns the names of all calls that had failed at the last {@link #disarm}. */
  public static synchronized List<String> allFailed() {
    return allFailed;
  }

  /** Returns what was opened or mapped, and not released. */
  public static synchronized List<String> held() {
    return List.copyOf(HELD.values());
  }

  /** Returns what was released without being held. */
  public static synchronized List<String> mistakes() {
    return List.copyOf(MISTAKES);
  }

  private static MethodHandle findCall() {
    try {
      return MethodHandles.lookup()
          .findStatic(
              FaultInjection.class,
              "call",
              MethodType.methodType(
                  Object.class, String.class, MethodHandle.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static MethodHandle interpose(String name, MethodHandle function) {
    MethodType type = function.type();
    MethodHandle spread =
        function
            .asSpreader(Object[].class, type.parameterCount())
            .asType(MethodType.methodType(Object.class, Object[].class));
    return MethodHandles.insertArguments(CALL, 0, name, spread)
        .asCollector(Object[].class, type.parameterCount())
        .asType(type);
  }

  @SuppressWarnings("unused") // through the handle
  private static Object call(String function, MethodHandle real, Object[] arguments)
      throws Throwable {
    MemorySegment errno = arguments[0] instanceof MemorySegment segment ? segment : null;
    long[] numbers = new long[arguments.length - (errno == null ? 0 : 1)];
    for (int i = 0; i < numbers.length; i++) {
      Object argument = arguments[i + arguments.length - numbers.length];
      numbers[i] = argument instanceof Number number ? number.longValue() : 0;
    }
    String name = name(function, numbers);
    Integer unsaid = UNSAID.get();
    boolean isAgain = unsaid != null && function.equals("ioctl") && errno != null;
    int injected = isAgain ? unsaid : decide(name);
    UNSAID.remove();
    if (injected == 0) {
      Object result = real.invokeExact(arguments);
      note(name, function, numbers, ((Number) result).longValue());
      return result;
    }
    if (function.equals("close")) {
      // Linux releases the descriptor whatever the result is.
      Object result = real.invokeExact(arguments);
      note(name, function, numbers, ((Number) result).longValue());
    }
    if (errno != null) {
      errno.set(ValueLayout.JAVA_INT, 0, injected);
    } else if (function.equals("ioctl")) {
      UNSAID.set(injected);
    }
    if (function.equals("pthread_sigmask")) {
      return injected;
    }
    if (RETURN_LONG.contains(function)) {
      return -1L;
    }
    return -1;
  }

  private static String name(String function, long[] numbers) {
    if (function.equals("ioctl")) {
      return IOCTL + numbers[1];
    }
    if (function.equals("syscall")) {
      for (Map.Entry<String, Integer> known : NUMBERED.entrySet()) {
        if (known.getValue() == numbers[0]) {
          return known.getKey();
        }
      }
      return numbers[0] == SYS_TGKILL ? "tgkill" : "open";
    }
    return function;
  }

  private static synchronized int decide(String name) {
    Plan current = plan;
    if (current == null
        || ANSWERS.contains(name)
        || (current.errno == Errno.EINTR && NEVER_INTERRUPTED.contains(name))) {
      return 0;
    }
    return current.fails(name) ? current.errno : 0;
  }

  private static synchronized void note(String name, String function, long[] numbers, long result) {
    if (function.equals("close")) {
      if (numbers[0] >= 0) { // -1 is the call with which Release prepares its handle
        give("descriptor " + numbers[0]);
      }
    } else if (function.equals("munmap") && result == 0) {
      give("mapping " + numbers[0]);
    } else if (result >= 0 && opens(name, function, numbers)) {
      take("descriptor " + result, name);
    } else if (function.equals("mmap") && result != -1 && (numbers[3] & MAP_FIXED) == 0) {
      take("mapping " + result, "mmap of " + numbers[1]);
    }
  }

  private static boolean opens(String name, String function, long[] numbers) {
    return switch (function) {
      case "open", "memfd_create" -> true;
      case "syscall" -> name.equals("open");
      case "ioctl" -> numbers[1] == KVM_CREATE_VM || numbers[1] == KVM_CREATE_VCPU;
      default -> false;
    };
  }

  private static void take(String what, String how) {
    if (HELD.put(what, how) != null) {
      MISTAKES.add(what + " was there already");
    }
  }

  private static void give(String what) {
    if (HELD.remove(what) == null) {
      MISTAKES.add(what + " was given back without being had");
    }
  }
}

package io.hyperlight.internal.linux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists all Linux system calls up to version 5.17. The sources are the kernel's {@code
 * arch/x86/entry/syscalls/syscall_64.tbl}, its {@code asm-generic/unistd.h} for aarch64, {@code
 * include/linux/syscalls.h} and section 2 of the manual. All guests share this one table. Its lines
 * are in {@link FileCallTable}, {@link ProcessCallTable} and {@link RefusedCallTable}.
 */
final class SystemCallTable {
  /** In the order of their numbers. */
  private static final List<SystemCall> ALL = all();

  /** One more than the highest number. */
  static final int END = ALL.getLast().x86() + 1;

  private static final @Nullable SystemCall[] BY_NUMBER = byNumber();

  private SystemCallTable() {}

  private static List<SystemCall> all() {
    List<SystemCall> calls = new ArrayList<>();
    calls.addAll(FileCallTable.lines());
    calls.addAll(ProcessCallTable.lines());
    calls.addAll(RefusedCallTable.lines());
    calls.sort(Comparator.comparingInt(SystemCall::x86));
    return List.copyOf(calls);
  }

  private static @Nullable SystemCall[] byNumber() {
    @Nullable SystemCall[] calls = new @Nullable SystemCall[END];
    for (SystemCall call : ALL) {
      if (calls[call.x86()] != null) {
        throw new IllegalStateException("twice: " + call.name());
      }
      calls[call.x86()] = call;
    }
    return calls;
  }

  /** Returns all system calls in the order of their numbers. */
  static List<SystemCall> calls() {
    return ALL;
  }

  /**
   * Returns the system call with a number, or null if there is none.
   *
   * @param number any value
   */
  static @Nullable SystemCall of(long number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[(int) number] : null;
  }

  /**
   * Returns a system call's name, or its number in words.
   *
   * @param number any value
   */
  static String nameOf(long number) {
    SystemCall call = of(number);
    return call == null ? "system call " + Long.toUnsignedString(number) : call.name();
  }
}

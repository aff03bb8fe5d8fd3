package io.hyperlight;

import java.util.List;

/**
 * A system call that a guest made, with its result.
 *
 * <p>Its text is for people. It shows the call as {@code strace(1)} does:
 *
 * <pre>
 * openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
 * write(1, "hello\n", 6) = 6
 * </pre>
 *
 * <p>The text is made when the call is answered, because guest memory may change later. What goes
 * into the call is read before it, and what comes out of it after. Whatever the guest does, the
 * text is one line of printable ASCII, with other bytes as numbers. It shows at most 64 bytes of a
 * buffer, 256 bytes of a path, and 16 entries of a table. Pointers to unreadable memory appear as
 * numbers.
 *
 * @param name the call's name as in section 2 of the manual; {@code system call 4711} for a number
 *     without a name
 * @param arguments the six argument registers, of which most calls use fewer
 * @param result what the guest got; -4095 to -1 is a negated error number of {@code errno(3)}. If
 *     the program ended in the call, the result has no meaning and the text has {@code ?}
 * @param text the call with its arguments and result; its format may change
 */
public record SystemCall(String name, List<Long> arguments, long result, String text) {
  /** Keeps a copy of the arguments. */
  public SystemCall {
    arguments = List.copyOf(arguments);
  }
}

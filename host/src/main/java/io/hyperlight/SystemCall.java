package io.hyperlight;

import java.util.List;

/**
 * A system call that a guest made and got an answer to.
 *
 * <p>Its text is for people and shows it as {@code strace(1)} would:
 *
 * <pre>
 * openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
 * write(1, "hello\n", 6) = 6
 * </pre>
 *
 * <p>It is made when the call is answered, since guest memory is something else later: what goes
 * into the call is read before it, what comes out of it after. Whatever the guest does, it is one
 * line of printable ASCII, in which other bytes are numbers; of buffers it shows 64 bytes at most,
 * of paths 256, of tables 16 entries. Pointers to what cannot be read are numbers.
 *
 * @param name as in section 2 of the manual; {@code system call 4711} for a number that is none
 * @param arguments the six registers of arguments, of which most calls use fewer
 * @param result what the guest got; from -4095 to -1 a negated error number of {@code errno(3)}. It
 *     means nothing if the program ended in the call, where the text has {@code ?}
 * @param text the call with its arguments and result; its format may change
 */
public record SystemCall(String name, List<Long> arguments, long result, String text) {
  /** Keeps a copy of the arguments. */
  public SystemCall {
    arguments = List.copyOf(arguments);
  }
}

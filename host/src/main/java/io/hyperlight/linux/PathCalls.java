package io.hyperlight.linux;

import io.hyperlight.os.Errno;

/**
 * What takes the name of a file. There are none: a guest sees an empty root folder that cannot be
 * written.
 */
final class PathCalls {
  private static final int LONGEST_PATH = 4096;
  private static final long AT_EMPTY_PATH = 0x1000;
  private static final long O_CREAT = 0x40;

  private PathCalls() {}

  static void register(SystemCallTable table) {
    table.on(2, (guest, a, b, c, d, e, f) -> open(guest, a, b));
    table.on(257, (guest, a, b, c, d, e, f) -> open(guest, b, c));
    table.on(262, (guest, a, b, c, d, e, f) -> fstatat(guest, a, b, c, d));
    table.on(79, (guest, a, b, c, d, e, f) -> getcwd(guest, a, b));
    // stat, lstat, access, chdir, readlink, unlink, statfs, truncate, ...: the name comes first.
    for (int number : new int[] {4, 6, 21, 76, 80, 82, 84, 87, 89, 90, 92, 94, 132, 137, 235}) {
      table.on(number, (guest, a, b, c, d, e, f) -> missing(guest, a));
    }
    // The same behind the descriptor of a folder.
    for (int number : new int[] {260, 261, 263, 264, 267, 268, 269, 280, 316, 332, 439}) {
      table.on(number, (guest, a, b, c, d, e, f) -> missing(guest, b));
    }
    // What makes something.
    for (int number : new int[] {83, 85, 86, 88, 133}) {
      table.on(number, (guest, a, b, c, d, e, f) -> readOnly(guest, number, a));
    }
    for (int number : new int[] {258, 259, 265, 266}) {
      table.on(number, (guest, a, b, c, d, e, f) -> readOnly(guest, number, b));
    }
  }

  /** The error of a name that cannot be one; 0 for all others. */
  private static long check(SystemCalls guest, long address) {
    byte[] path = guest.mem().readString(address, LONGEST_PATH);
    if (path == null) {
      return -Errno.ENAMETOOLONG;
    }
    return path.length == 0 ? -Errno.ENOENT : 0;
  }

  private static long missing(SystemCalls guest, long path) {
    long error = check(guest, path);
    return error != 0 ? error : -Errno.ENOENT;
  }

  private static long readOnly(SystemCalls guest, int number, long path) {
    long error = check(guest, path);
    if (error != 0) {
      return error;
    }
    guest.refused(number);
    return -Errno.EROFS;
  }

  private static long open(SystemCalls guest, long path, long flags) {
    return (flags & O_CREAT) != 0 ? readOnly(guest, 2, path) : missing(guest, path);
  }

  private static long fstatat(SystemCalls guest, long folder, long path, long target, long flags) {
    if ((flags & AT_EMPTY_PATH) != 0) {
      byte[] name = guest.mem().readString(path, LONGEST_PATH);
      if (name != null && name.length == 0) {
        return guest.streams().fstat(folder, target);
      }
    }
    return missing(guest, path);
  }

  private static long getcwd(SystemCalls guest, long target, long size) {
    byte[] root = {'/', 0};
    if (size >= 0 && size < root.length) {
      return -Errno.ERANGE;
    }
    guest.mem().write(target, root);
    return root.length;
  }
}

package io.hyperlight.internal.linux;

/** Flags of {@code open(2)} on x86-64, as far as anything depends on them. */
final class OpenFlags {
  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_ACCMODE = 3;
  static final int O_CREAT = 0x40;
  static final int O_EXCL = 0x80;
  static final int O_TRUNC = 0x200;
  static final int O_APPEND = 0x400;
  static final int O_NONBLOCK = 0x800;
  static final int O_LARGEFILE = 0x8000;
  static final int O_DIRECTORY = 0x1_0000;
  static final int O_NOFOLLOW = 0x2_0000;
  static final int O_NOATIME = 0x4_0000;
  static final int O_CLOEXEC = 0x8_0000;
  static final int O_PATH = 0x20_0000;

  /** Without {@link #O_DIRECTORY}, which belongs to it. */
  static final int O_TMPFILE = 0x40_0000;

  /** What {@code F_SETFL} changes. */
  static final int STATUS = O_APPEND | O_NONBLOCK | O_NOATIME;

  private OpenFlags() {}

  static boolean reads(int flags) {
    int mode = flags & O_ACCMODE;
    return mode == O_RDONLY || mode == O_RDWR;
  }

  static boolean writes(int flags) {
    int mode = flags & O_ACCMODE;
    return mode == O_WRONLY || mode == O_RDWR;
  }
}

package io.hyperlight.internal.linux.fd;

/** Holds the flags of {@code open(2)} on x86-64 that have an effect here. */
public final class OpenFlags {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_ACCMODE = 3;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;

  /** On a pipe: each write is a packet. */
  public static final int O_DIRECT = 0x4000;

  public static final int O_LARGEFILE = 0x8000;
  public static final int O_DIRECTORY = 0x1_0000;
  public static final int O_NOFOLLOW = 0x2_0000;
  public static final int O_NOATIME = 0x4_0000;
  public static final int O_CLOEXEC = 0x8_0000;
  public static final int O_PATH = 0x20_0000;

  /** Without {@link #O_DIRECTORY}, which Linux includes. */
  public static final int O_TMPFILE = 0x40_0000;

  /** The flags that {@code F_SETFL} changes. */
  public static final int STATUS = O_APPEND | O_NONBLOCK | O_NOATIME;

  private OpenFlags() {}

  public static boolean reads(int flags) {
    int mode = flags & O_ACCMODE;
    return mode == O_RDONLY || mode == O_RDWR;
  }

  public static boolean writes(int flags) {
    int mode = flags & O_ACCMODE;
    return mode == O_WRONLY || mode == O_RDWR;
  }
}

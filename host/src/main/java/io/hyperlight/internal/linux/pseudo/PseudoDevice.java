package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.linux.random.RandomSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.util.Arrays;

/** A device that programs expect: {@code null(4)}, {@code random(4)} and others. */
public final class PseudoDevice extends PseudoNode {
  /** The devices with their numbers. */
  public enum Kind {
    NULL(1, 3),
    ZERO(1, 5),
    FULL(1, 7),
    RANDOM(1, 8),
    URANDOM(1, 9),
    TTY(5, 0);

    private final int major;
    private final int minor;

    Kind(int major, int minor) {
      this.major = major;
      this.minor = minor;
    }
  }

  private final RandomSource random;
  private final Kind kind;

  public PseudoDevice(String path, long inode, RandomSource random, Kind kind) {
    super(path, inode, FileKind.CHARACTER_DEVICE, 0666);
    this.random = random;
    this.kind = kind;
  }

  @Override
  long deviceNumber() {
    return (long) kind.major << 8 | kind.minor; // makedev(3) for small numbers
  }

  @Override
  public FileContent open(boolean write) {
    if (kind == Kind.TTY) {
      throw new FileException(Errno.ENXIO); // the process has no terminal
    }
    return new Content(this);
  }

  /** Answers whether a mapping of the content is a mapping of zeros. */
  public static boolean isZeros(FileContent content) {
    return content instanceof Content open && open.file().kind == Kind.ZERO;
  }

  private int read(byte[] target, int from, int length) {
    switch (kind) {
      case ZERO, FULL -> Arrays.fill(target, from, from + length, (byte) 0);
      case RANDOM, URANDOM -> System.arraycopy(random.next(length), 0, target, from, length);
      case NULL, TTY -> {
        return 0;
      }
    }
    return length;
  }

  private static final class Content extends PseudoContent<PseudoDevice> {
    Content(PseudoDevice device) {
      super(device);
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      return file().read(target, from, length);
    }

    @Override
    public int write(long offset, byte[] source, int from, int length) {
      if (file().kind == Kind.FULL) {
        throw new FileException(Errno.ENOSPC);
      }
      return length;
    }

    @Override
    public void truncate(long size) {
      throw new FileException(Errno.EINVAL);
    }
  }
}

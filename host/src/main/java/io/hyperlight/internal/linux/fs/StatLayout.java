package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Space;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Lays out the status of files as Linux on x86-64 does: {@code struct stat}, {@code struct statx},
 * {@code struct statfs}. The guest owns all files.
 */
final class StatLayout {
  private static final int STAT_SIZE = 144;
  private static final int STATX_SIZE = 256;
  private static final int STATFS_SIZE = 120;

  private static final int BLOCK = FileStatus.BLOCK;

  /** The unit in which {@code stat} counts blocks, in bytes. */
  private static final int SECTOR = 512;

  private static final int STATX_BASIC_STATS = 0x7ff;

  // TMPFS_MAGIC and its relatives in linux/magic.h.
  static final long TMPFS = 0x0102_1994;
  static final long PROC = 0x9fa0;
  static final long SYSFS = 0x6265_6572;
  static final long PIPEFS = 0x5049_5045;

  private static final long ST_RDONLY = 1;
  private static final long ST_VALID = 0x20;

  private static final int LONGEST_NAME = 255;

  private StatLayout() {}

  static int mode(FileStatus status) {
    return status.kind().mode() | (status.permissions() & 07777);
  }

  private static long sectors(FileStatus status) {
    return status.allocated() / SECTOR;
  }

  static ByteBuffer stat(FileStatus status) {
    ByteBuffer stat =
        GuestMemory.struct(STAT_SIZE)
            .putLong(0, status.device())
            .putLong(8, status.inode())
            .putLong(16, status.links())
            .putInt(24, mode(status))
            .putInt(28, TaskIdentity.NOBODY)
            .putInt(32, TaskIdentity.NOBODY)
            .putLong(40, status.deviceNumber())
            .putLong(48, status.size())
            .putLong(56, BLOCK)
            .putLong(64, sectors(status));
    putTime(stat, 72, status.accessed());
    putTime(stat, 88, status.modified());
    putTime(stat, 104, status.changed());
    return stat;
  }

  private static void putTime(ByteBuffer struct, int offset, Instant time) {
    struct.putLong(offset, time.getEpochSecond()).putLong(offset + 8, time.getNano());
  }

  static ByteBuffer statx(FileStatus status) {
    ByteBuffer statx =
        GuestMemory.struct(STATX_SIZE)
            .putInt(0, STATX_BASIC_STATS)
            .putInt(4, BLOCK)
            .putInt(16, (int) Math.min(status.links(), Integer.MAX_VALUE))
            .putInt(20, TaskIdentity.NOBODY)
            .putInt(24, TaskIdentity.NOBODY)
            .putShort(28, (short) mode(status))
            .putLong(32, status.inode())
            .putLong(40, status.size())
            .putLong(48, sectors(status))
            .putInt(128, major(status.deviceNumber()))
            .putInt(132, minor(status.deviceNumber()))
            .putInt(136, major(status.device()))
            .putInt(140, minor(status.device()));
    putTime(statx, 64, status.accessed());
    putTime(statx, 96, status.changed());
    putTime(statx, 112, status.modified());
    return statx;
  }

  private static int major(long device) {
    return (int) (device >>> 8 & 0xfff);
  }

  private static int minor(long device) {
    return (int) (device & 0xff);
  }

  static ByteBuffer statfs(long type, FileStatus status, Space space, boolean writable) {
    long free = space.free() / BLOCK;
    return GuestMemory.struct(STATFS_SIZE)
        .putLong(0, type)
        .putLong(8, BLOCK)
        .putLong(16, space.total() / BLOCK)
        .putLong(24, free)
        .putLong(32, free)
        .putLong(40, space.files())
        .putLong(48, space.freeFiles())
        .putInt(56, status.device())
        .putLong(64, LONGEST_NAME)
        .putLong(72, BLOCK)
        .putLong(80, ST_VALID | (writable ? 0 : ST_RDONLY));
  }
}

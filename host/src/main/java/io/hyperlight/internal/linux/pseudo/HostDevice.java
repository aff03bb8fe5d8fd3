package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.Arrays;

/** A pseudo device that host code answers. Each open file has a channel of its own. */
public final class HostDevice extends PseudoNode {
  /** A major number for local use (Linux, Documentation/admin-guide/devices.txt). */
  private static final int MAJOR = 240;

  private final HostChannels channels;
  private final int index;

  public HostDevice(String path, long inode, HostChannels channels, int index) {
    super(path, inode, FileKind.CHARACTER_DEVICE, 0666);
    this.channels = channels;
    this.index = index;
  }

  @Override
  long deviceNumber() {
    return (long) MAJOR << 8 | index;
  }

  @Override
  public FileContent open(boolean write) {
    return new Content(this);
  }

  /** The open device, for one guest. */
  private static final class Content implements FileContent {
    private final HostDevice device;
    private final HostChannels.Open channel;

    Content(HostDevice device) {
      this.device = device;
      channel = device.channels.open(device.index);
    }

    @Override
    public FileStatus status() {
      return device.status();
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      return channel.read(target, from, length);
    }

    @Override
    public int write(long offset, byte[] source, int from, int length) {
      return channel.write(Arrays.copyOfRange(source, from, from + length));
    }

    @Override
    public void truncate(long size) {
      throw new FileException(Errno.EINVAL);
    }

    @Override
    public FileContent in(Counterparts other) {
      return device.in(other).open(false);
    }

    @Override
    public void close() {}
  }
}

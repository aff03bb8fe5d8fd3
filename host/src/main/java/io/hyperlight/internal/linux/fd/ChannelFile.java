package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.pseudo.HostChannels;
import io.hyperlight.internal.vfs.FileStatus;

/**
 * A descriptor that host code answers. To the guest it looks like a pipe whose other end the host
 * has.
 */
final class ChannelFile extends OpenFile {
  private static final long FIRST_INODE = 100;

  private final HostChannels.Open channel;
  private final int index;

  /**
   * Opens a channel of its own.
   *
   * @param index the number of the extension that answers
   */
  ChannelFile(Changes changes, int flags, HostChannels channels, int index) {
    super(changes, flags, null);
    this.index = index;
    channel = channels.open(index);
  }

  @Override
  public FileStatus status() {
    return Pipe.status(FIRST_INODE + index, 0600);
  }

  @Override
  public String name() {
    return "pipe:[" + (FIRST_INODE + index) + "]";
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Channel(flags(), index);
  }

  @Override
  int read(Caller caller, byte[] target) {
    return channel.read(target, 0, target.length);
  }

  @Override
  int write(Caller caller, byte[] source) {
    return channel.write(source);
  }

  @Override
  boolean canBeWatched() {
    return true;
  }

  @Override
  int ready(Caller caller) {
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }
}

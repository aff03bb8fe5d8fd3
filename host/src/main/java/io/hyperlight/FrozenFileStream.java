package io.hyperlight;

import io.hyperlight.internal.vfs.FrozenFiles;
import java.io.InputStream;
import java.util.Objects;

/** Reads a file that does not change. */
final class FrozenFileStream extends InputStream {
  private final FrozenFiles files;
  private final String path;
  private final long size;
  private long position;

  /**
   * Opens a file that exists.
   *
   * @param path the path in the library's form
   */
  FrozenFileStream(FrozenFiles files, String path, long size) {
    this.files = files;
    this.path = path;
    this.size = size;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int from, int length) {
    Objects.checkFromIndexSize(from, length, target.length);
    if (length == 0) {
      return 0;
    }
    int count = files.read(path, position, target, from, length);
    if (count == 0) {
      return -1;
    }
    position += count;
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, size - position);
  }

  @Override
  public long skip(long bytes) {
    long skipped = Math.clamp(bytes, 0, size - position);
    position += skipped;
    return skipped;
  }
}
